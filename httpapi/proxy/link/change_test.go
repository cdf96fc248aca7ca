package link

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"dockerdriver/actors/pool"
)

// anyTable is a route table of few names, so that two of them have much in common.
func anyTable(t *rapid.T) *pool.RouteTable {
	table := &pool.RouteTable{Routes: map[string]pool.Route{}, Sessions: map[string]pool.NotebookSession{}, Ended: map[string]pool.EndedRoute{}}
	pick := rapid.IntRange(0, 3)
	for n := range 5 {
		name := fmt.Sprint("n", n)
		if version := pick.Draw(t, "route"); version > 0 {
			table.Routes[name] = pool.Route{
				Label: name, Target: fmt.Sprint("10.0.0.1:", version), Proxy: pool.ProxyOptions{SetHostHeader: version == 2},
				Headers: []pool.HeaderField{{Name: "X-Version", Value: fmt.Sprint(version)}}, IdlePaths: []string{"/api/*"}[:version%2],
			}
		}
		if version := pick.Draw(t, "session"); version > 0 {
			table.Sessions[name] = pool.NotebookSession{CookieHash: name, InstanceID: fmt.Sprint("i", version)}
		}
		if version := pick.Draw(t, "ended"); version > 0 {
			table.Ended[name] = pool.EndedRoute{InstanceID: name, Words: fmt.Sprint(version), Sessions: []string{"a", "b"}[:version%3]}
		}
	}
	return table
}

// However tables follow each other, and over the wire, the changes lead to the same.
func TestChangesLeadToTheTable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		was := anyTable(t)
		here := sent(t, whole(was, 1)).apply(nil)
		for seq := range uint64(rapid.IntRange(1, 5).Draw(t, "steps")) {
			now := anyTable(t)
			before := written(t, here)
			next := sent(t, between(was, now, seq+2)).apply(here)
			require.JSONEq(t, before, written(t, here), "the table that is in force is not written to")
			require.JSONEq(t, written(t, now), written(t, next))
			was, here = now, next
		}
	})
}

func TestAChangeHoldsNothingElse(t *testing.T) {
	t.Parallel()
	was := &pool.RouteTable{Routes: map[string]pool.Route{"a": {Target: "1"}, "b": {Target: "1"}, "c": {Target: "1"}}}
	now := &pool.RouteTable{Routes: map[string]pool.Route{"a": {Target: "1"}, "b": {Target: "2"}, "d": {Target: "1"}}}
	c := between(was, now, 9)
	require.Equal(t, &change{Seq: 9, Routes: map[string]pool.Route{"b": {Target: "2"}, "d": {Target: "1"}}, GoneRoutes: []string{"c"}}, c)
	require.Equal(t, &change{Seq: 10}, between(now, now, 10))
}

// sent is a change after its way over the wire.
func sent(t require.TestingT, c *change) *change {
	bytes, err := line(frame{Table: c})
	require.NoError(t, err)
	var got frame
	require.NoError(t, json.Unmarshal(bytes, &got))
	return got.Table
}

func written(t require.TestingT, table *pool.RouteTable) string {
	bytes, err := json.Marshal(table)
	require.NoError(t, err)
	return string(bytes)
}
