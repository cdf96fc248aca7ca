package main

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// Starting over removes what an earlier run of the demo left, its containers
// first, and nothing of anybody else.
func TestFreshStartsOver(t *testing.T) {
	t.Parallel()
	args, dockerHost := emulatorProcess(t)
	s := newSite(t, nil, args...)
	i := s.launch(s.blueprint("demo-notebook"), "running")
	require.Len(t, s.containers(dockerHost), 1)
	notes := filepath.Join(s.dir, "notes.txt")
	require.NoError(t, os.WriteFile(notes, []byte("mine"), 0o600))
	s.stop(syscall.SIGTERM)
	require.Len(t, s.containers(dockerHost), 1, "a stop alone ends no container")

	s.args = append(slices.Clone(args), "--fresh")
	s.start()
	require.Empty(t, s.containers(dockerHost), "the old run's containers are gone")
	require.FileExists(t, notes)
	s.browser = s.newBrowser() // the authority is a new one too
	s.logIn(s.browser)
	status, _ := s.call(s.browser, http.MethodGet, "/instances/"+i["id"].(string), nil)
	require.Equal(t, http.StatusNotFound, status)
	s.launch(s.blueprint("demo-notebook"), "running")
}
