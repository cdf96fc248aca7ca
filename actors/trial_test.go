package actors_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// listen tells each chapter undisturbed.
func listen(t *testing.T) map[string][]point {
	t.Helper()
	known, heard := map[point]bool{}, map[string][]point{}
	for _, c := range chapters {
		d := tried(t, c, point{}, "")
		require.Empty(t, reportedAgain(d.lines), "nothing was lost")
		for _, p := range d.heard {
			if !known[p] {
				known[p] = true
				heard[c.name] = append(heard[c.name], p)
			}
		}
	}
	return heard
}

// reportedAgain are the reports that were given again, as after a loss. The tick
// that gives up a host builds another one, and may then look at it before it has
// heard the host's first report: what is told again at that very moment was not lost.
func reportedAgain(lines []string) (again []string) {
	lost := ""
	for _, line := range lines {
		at, words, _ := strings.Cut(line, " ")
		switch {
		case strings.Contains(words, `"message":"host lost"`):
			lost = at
		case strings.Contains(words, "reported again") && at != lost:
			again = append(again, line)
		}
	}
	return again
}

// strikes has a blow fall once at each point that can take it. In the fast suite it
// falls in one state of the actor only.
func strikes(t *testing.T, how blow, takes func(point) bool) {
	t.Parallel()
	heard := listen(t)
	had := map[point]bool{}
	for _, c := range chapters {
		for _, p := range heard[c.name] {
			first := point{where: p.where}
			first.what, _, _ = strings.Cut(p.what, " at ") // the state that the actor is in
			if !takes(p) || (had[first] && os.Getenv("DOCKERDRIVER_LONG_TESTS") == "") {
				continue
			}
			had[first] = true
			t.Run(c.name+"/"+p.String(), func(t *testing.T) {
				t.Parallel()
				struck := 0
				for range 3 { // not every run comes by every point
					if struck = tried(t, c, p, how).struck; struck > 0 || t.Failed() {
						break
					}
				}
				// What an effect or a timer is for may depend on chance: a host is looked after
				// at any time within a quarter of an hour. A message does not.
				if plain := p.where != inEffects && !strings.Contains(p.what, " "); struck == 0 && plain {
					require.Fail(t, "the message was not heard again")
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
