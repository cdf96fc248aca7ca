//go:build cloud

package main

import (
	"encoding/json"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// projectThing is something in the project, as the openstack command lists it.
type projectThing struct {
	kind, id, name string
	all            string // with its mark
}

// projectHolds is what the openstack command lists in the project that OS_* name.
func projectHolds(t *testing.T) (all []projectThing) {
	t.Helper()
	for _, args := range []string{"server list --long", "volume list --long", "security group list"} {
		out, err := exec.CommandContext(t.Context(), "openstack", append(strings.Fields(args), "-f", "json")...).Output()
		if failed, ok := errors.AsType[*exec.ExitError](err); ok {
			require.Fail(t, "the openstack command failed", "%s", failed.Stderr)
		}
		require.NoError(t, err)
		var rows []json.RawMessage
		require.NoError(t, json.Unmarshal(out, &rows), "%s", out)
		kind, _, _ := strings.Cut(args, " list")
		for _, row := range rows {
			var named struct{ ID, Name string }
			require.NoError(t, json.Unmarshal(row, &named))
			all = append(all, projectThing{kind, named.ID, named.Name, string(row)})
		}
	}
	return all
}

// requireMarked holds that the project has things of these kinds with our mark:
// that none is left in the end says something only then.
func requireMarked(t *testing.T, mark string, kinds ...string) {
	t.Helper()
	marked := map[string]bool{}
	for _, thing := range projectHolds(t) {
		if strings.Contains(thing.all, mark) {
			marked[thing.kind] = true
		}
	}
	for _, kind := range kinds {
		require.True(t, marked[kind], "there is no %s with our mark", kind)
	}
}
