package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// pane is a shell in a real terminal of 80x24: tmux, with a server of its own.
type pane struct {
	testing.TB
	socket string
}

func newPane(t testing.TB) *pane {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		if os.Getenv("CI") == "true" {
			require.NoError(t, err, "CI has tmux: see .ci/tools")
		}
		t.Skip("there is no tmux: apt-get install tmux")
	}
	p := &pane{TB: t, socket: filepath.Join(t.TempDir(), "tmux")}
	p.tmux("-f", os.DevNull, "new-session", "-d", "-x", "80", "-y", "24", "env PS1='shell> ' sh")
	t.Cleanup(func() { p.tmux("kill-server") })
	p.await("shell>")
	return p
}

func (p *pane) tmux(args ...string) string {
	p.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", p.socket, "-u"}, args...)...).CombinedOutput()
	require.NoError(p, err, "tmux %q: %s", args, out)
	return string(out)
}

func (p *pane) shows() string { return p.tmux("capture-pane", "-p") }

// await waits until the terminal shows all the words.
func (p *pane) await(words ...string) {
	p.Helper()
	require.Eventually(p, func() bool {
		shown := p.shows()
		for _, w := range words {
			if !strings.Contains(shown, w) {
				return false
			}
		}
		return true
	}, 60*time.Second, 50*time.Millisecond, "the terminal must show %q", words)
	p.Logf("the terminal:\n%s", p.shows())
}

// TestWindowInARealTerminal runs the real program in tmux beside a real server:
// the host comes up, an instance appears, the server goes and comes back, and
// the shell is there again in the end.
func TestWindowInARealTerminal(t *testing.T) {
	t.Parallel()
	args, dockerHost := emulatorProcess(t)
	s := newSite(t, []string{"DOCKER_HOST=" + dockerHost}, args...)
	path, err := builtProgram()
	require.NoError(t, err)
	p := newPane(t)
	p.tmux("send-keys", fmt.Sprintf("%s status --watch --data-dir %s", path, s.dir), "Enter")
	p.await("DockerDriver  http://"+s.ui, "live", "pool running since", "HOSTS", "pb_dd_", "active", "q quit")

	i := s.launch(s.blueprint("demo-notebook"), "running")
	p.await("instance "+i["name"].(string)+" running", "1/")

	s.stop(syscall.SIGKILL)
	p.await("NO CONNECTION", "! What you see is of ", "Next try in")
	s.start()
	p.await("live", "the server answers again")

	p.tmux("resize-window", "-x", "120", "-y", "40")
	p.await("ADDRESS", "INSTANCES")
	status, _ := s.call(s.browser, http.MethodDelete, "/instances/"+i["id"].(string), nil)
	require.Equal(t, http.StatusAccepted, status)
	p.await("instance " + i["name"].(string) + " deleted")

	p.tmux("send-keys", "q")
	// What is typed before it has ended would be the window's, and gone with it.
	require.Eventually(t, func() bool { return !strings.Contains(p.shows(), "q quit") }, 60*time.Second, 50*time.Millisecond)
	p.tmux("send-keys", "echo again$((40+2))", "Enter")
	p.await("shell> ", "again42")
	require.NotContains(t, p.shows(), "HOSTS", "the window leaves nothing behind")
	require.NotContains(t, p.shows(), "panic")
}
