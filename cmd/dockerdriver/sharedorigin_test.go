package main

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOperatorIsWarnedWhereNotebooksAreNotApart(t *testing.T) {
	t.Parallel()
	ui, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = ui.Close() })
	for name, c := range map[string]struct {
		options ServerOptions
		want    []string
	}{
		"an origin each":              {ServerOptions{NotebookDomain: "nb.example", PublicURL: "https://nb.example"}, nil},
		"one origin":                  {ServerOptions{NotebookPaths: true, NotebookDomain: "nb.example", PublicURL: "https://hub.example"}, []string{sharedOrigin("nb.example")}},
		"one origin at the UI's host": {ServerOptions{NotebookPaths: true, NotebookDomain: "nb.example", PublicURL: "https://NB.example"}, []string{sharedOrigin("nb.example"), sameHost}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, (&server{options: c.options, listeners: &listeners{ui: ui}}).warnings())
		})
	}
}
