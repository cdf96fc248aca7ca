package actors_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// listen tells each chapter undisturbed.
func listen(t *testing.T) map[string][]point {
	t.Helper()
	known, heard := map[point]bool{}, map[string][]point{}
	for _, c := range chapters {
		for _, p := range tried(t, c, point{}, "").heard {
			if !known[p] {
				known[p] = true
				heard[c.name] = append(heard[c.name], p)
			}
		}
	}
	return heard
}

// strikes has a blow fall once at each point that can take it.
func strikes(t *testing.T, how blow, takes func(point) bool) {
	t.Parallel()
	heard := listen(t)
	for _, c := range chapters {
		for _, p := range heard[c.name] {
			if !takes(p) {
				continue
			}
			t.Run(c.name+"/"+p.String(), func(t *testing.T) {
				t.Parallel()
				struck := 0
				for range 3 { // not every run comes by every point
					if struck = tried(t, c, p, how).struck; struck > 0 || t.Failed() {
						break
					}
				}
				if struck == 0 {
					require.Contains(t, p.what, " ", "the message was not heard again")
				}
			})
		}
	}
}

func TestAPanicAtAnyPointHeals(t *testing.T) {
	strikes(t, panics, func(p point) bool { return !strings.HasPrefix(p.where, onTheWayBy) })
}

func TestAMessageLostAtAnyPointHeals(t *testing.T) {
	strikes(t, loses, func(p point) bool { return p.where != inEffects && !isCalled(p.what) })
}

// isCalled tells what the library calls an actor with: no mailbox can lose it.
func isCalled(what string) bool {
	return what == "actor.Started" || what == "actor.Stopping" || what == "actor.Stopped"
}
