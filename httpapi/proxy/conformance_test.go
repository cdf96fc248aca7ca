package proxy

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

// labelOfPort begins the label of a container's port, so that nginx finds it.
const labelOfPort = "portofacontainer"

// conformance is one case: what the client does, what the container does, and
// facts that must be among those of the two without anybody between them.
type conformance struct {
	why       string
	ask       ask
	container script
	want      []string
	onlyHTTP1 bool // HTTP/2 cannot say it
}

// way is how a client reaches the container.
type way struct {
	name    string
	address string // empty: the container's own
	http2   bool
}

// difference is one between two ways that is as it should be.
type difference struct {
	cases string // why of the case; begins it, if it ends in *
	line  string // "- fact" for one that is missing, "+ fact" for one more; begins it, if it ends in *
	why   string
	http  int  // of one version only
	maybe bool // chance decides whether there is one
}

// refusal is what follows where a proxy answers by itself: the container hears
// nothing, and the client this status.
func refusal(cases string, status int, why string) []difference {
	return []difference{
		{cases: cases, line: fmt.Sprint("+ answer: the proxy's own ", status), why: why},
		{cases: cases, line: "- *", why: why},
		{cases: cases, line: "+ container connections: 0", why: why, maybe: true}, // nginx may refuse what we did, too
	}
}

func fits(pattern, text string) bool {
	begin, open := strings.CutSuffix(pattern, "*")
	return text == pattern || open && strings.HasPrefix(text, begin)
}

// TestConformance sends the same requests to the same containers directly,
// through us and through nginx, and compares what both ends saw. We must equal
// the direct way but for intendedDifferences, and nginx us but for
// differencesToNginx.
func TestConformance(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	cases := slices.Concat(plainCases(), bodyCases(), streamCases(), pathCases(), oddCases())
	containers := make([]*plainContainer, len(cases))
	for n, c := range cases {
		containers[n] = newPlainContainer(t, c.container)
	}
	ways := []way{{name: "direct"}, {name: "ours over HTTP/1.1", address: h.address}, {name: "ours over HTTP/2", address: h.address, http2: true}}
	path, version := findNginx(t)
	if path != "" {
		address := startNginx(t, path, containers)
		ways = append(ways, way{name: "nginx over HTTP/1.1", address: address}, way{name: "nginx over HTTP/2", address: address, http2: true})
	}
	ours, theirs := newTally(intendedDifferences), newTally(differencesToNginx)
	t.Run("cases", func(t *testing.T) {
		for n, c := range cases {
			t.Run(c.why, func(t *testing.T) {
				t.Parallel()
				seen := map[string]facts{}
				for _, w := range ways {
					if !c.onlyHTTP1 || !w.http2 {
						seen[w.name] = h.observe(t, c, containers[n], w)
					}
				}
				for _, want := range c.want {
					require.True(t, slices.ContainsFunc(seen["direct"], func(fact string) bool { return fits(want, fact) }),
						"without anybody between: %q is not among\n%s", want, strings.Join(seen["direct"], "\n"))
				}
				for version := 1; version <= 2; version++ {
					name := map[int]string{1: "over HTTP/1.1", 2: "over HTTP/2"}[version]
					if seen["ours "+name] == nil {
						continue
					}
					ours.compare(t, c.why, "ours "+name+" beside direct", version, seen["direct"], seen["ours "+name])
					if seen["nginx "+name] == nil {
						continue
					}
					theirs.compare(t, c.why, "nginx "+name+" beside ours", version, seen["ours "+name], seen["nginx "+name])
				}
			})
		}
	})
	require.Empty(t, ours.unused(), "intended differences that are none (any more)")
	if strings.HasPrefix(version, nginxKnown) {
		require.Empty(t, theirs.unused(), "differences to nginx that are none (any more)")
	}
}

// observe has a client ask in one way and tells what both ends saw.
func (h *house) observe(t *testing.T, c conformance, container *plainContainer, w way) facts {
	t.Helper()
	label := fmt.Sprint(labelOfPort, container.port())
	cookie := h.notebookAt(pool.Route{Label: label, Target: container.address()})
	for len(container.taken) > 0 {
		<-container.taken
	}
	v := &visitor{
		t: t, address: w.address, tls: true, host: label + "." + domain + ":8443", taken: container.taken, here: container.here,
		fields: []string{"User-Agent: conformance", session(cookie)},
	}
	if w.address == "" {
		v.address, v.tls = container.address(), false
	}
	var f facts
	if w.http2 {
		f = v.overHTTP2(c.ask)
	} else {
		f = v.overHTTP1(c.ask)
	}
	conns := map[int]bool{}
	for _, call := range container.take(t) {
		f.add("container: %s", call.line)
		f.addFields("container field", call.fields)
		f.add("container body: %s", call.body)
		f.addFields("container trailer", call.trailers)
		for _, note := range call.notes {
			f.add("container %s", note)
		}
		conns[call.nth] = true
	}
	f.add("container connections: %d", len(conns))
	// The cookie is another one each time, the address the container's own.
	for n := range f {
		f[n] = strings.NewReplacer(cookie, "…", label, "LABEL", container.address(), "ADDRESS").Replace(f[n])
	}
	slices.Sort(f)
	return f
}

// tally counts which entries of a table were needed.
type tally struct {
	table []difference
	used  chan int
}

func newTally(table []difference) *tally {
	return &tally{table: table, used: make(chan int, 1<<16)}
}

func (y *tally) compare(t *testing.T, name, what string, version int, base, other facts) {
	t.Helper()
	var unlisted []string
	for _, line := range changes(base, other) {
		n := slices.IndexFunc(y.table, func(d difference) bool {
			return fits(d.cases, name) && fits(d.line, line) && (d.http == 0 || d.http == version)
		})
		if n < 0 {
			unlisted = append(unlisted, line)
			continue
		}
		y.used <- n
	}
	if len(unlisted) > 0 {
		t.Errorf("%s: not in the list of differences:\n%s", what, strings.Join(unlisted, "\n"))
	}
}

func (y *tally) unused() (lines []string) {
	close(y.used)
	seen := map[int]bool{}
	for n := range y.used {
		seen[n] = true
	}
	for n, d := range y.table {
		if !seen[n] && !d.maybe {
			lines = append(lines, d.cases+": "+d.line)
		}
	}
	return lines
}

// changes are the facts of base that other lacks, and the other way round.
func changes(base, other facts) (lines []string) {
	count := map[string]int{}
	for _, fact := range base {
		count[fact]--
	}
	for _, fact := range other {
		count[fact]++
	}
	for fact, n := range count {
		for ; n < 0; n++ {
			lines = append(lines, "- "+fact)
		}
		for ; n > 0; n-- {
			lines = append(lines, "+ "+fact)
		}
	}
	slices.Sort(lines)
	return lines
}
