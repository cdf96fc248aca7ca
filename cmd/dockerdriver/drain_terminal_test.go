package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestDrainInARealTerminal follows a drain with the real program in tmux: each
// standing takes the place of the one before, and of them nothing stays.
func TestDrainInARealTerminal(t *testing.T) {
	t.Parallel()
	there := quickCloud(t)
	s := newSite(t, nil, "--cloud", "emulator", "--emulator-url", there.AuthURL())
	i := s.launch(s.blueprint("demo-notebook"), "running")
	name := i["name"].(string)
	path, err := builtProgram()
	require.NoError(t, err)
	p := newPane(t)
	p.tmux("send-keys", fmt.Sprintf("clear; %s drain --wait --data-dir %s; echo code$?", path, s.dir), "Enter")
	p.await("1 host, 1 instance left", name+" of admin@localhost ends at ")
	time.Sleep(3 * drainAsk) // it is drawn anew
	require.Equal(t, 1, strings.Count(p.shows(), "1 host, 1 instance left"), p.shows())

	p.tmux("resize-window", "-x", "120", "-y", "40")
	status, told := s.call(s.browser, http.MethodPost, "/pool/drain", map[string]any{"force": true})
	require.Equal(t, http.StatusAccepted, status, told)
	p.await("The pool is drained", "code0")
	shown := p.shows()
	require.NotContains(t, shown, name, shown)
	require.NotContains(t, shown, "instance left", shown)
	require.Empty(t, cloudHolds(there))
}
