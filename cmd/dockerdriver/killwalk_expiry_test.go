//go:build !race

package main

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

// expiry is the end of a lifetime of a minute.
var expiry = scenario{
	prepare: func(w *killWalk) { w.running(w.brief) },
	begin: func(w *killWalk) func() bool {
		return func() bool { return w.stateOf(w.subject) == pool.InstanceDeleted }
	},
	after: func(w *killWalk) {
		require.Eventually(w, func() bool { return w.stateOf(w.subject) == pool.InstanceDeleted }, restLimit, 5*stepPace)
		_, ended := w.try(http.MethodGet, "/instances/"+w.subject["id"].(string), nil)
		require.Equal(w, pool.EndByLifetime, ended["end_reason"])
	},
}

// TestKillsWhileANotebookExpires is the same for the end of a lifetime, which takes
// its time: each kill point has a server of its own.
func TestKillsWhileANotebookExpires(t *testing.T) {
	t.Parallel()
	long(t, "a lifetime takes more than a minute to end")
	walked := make(chan bool, 4)
	last := 1
	if killStep() == 1 {
		last = 2
	}
	t.Run("walk", func(t *testing.T) {
		for _, variable := range []string{"DOCKERDRIVER_DIE_AFTER", "DOCKERDRIVER_DIE_BEFORE"} {
			for n := 1; n <= last; n++ {
				t.Run(fmt.Sprintf("%s=%d", variable, n), func(t *testing.T) {
					t.Parallel()
					w := newKillWalk(t)
					if w.killed(expiry, variable, n) {
						walked <- true
					}
					w.drained()
				})
			}
		}
	})
	require.NotEmpty(t, walked)
	t.Logf("%d kill points walked", len(walked))
}
