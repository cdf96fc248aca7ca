package main

import (
	"encoding/json"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// mayImport is the direction of imports between rooms (DESIGN.md, "The house").
// A room is the longest prefix that fits; its own subpackages are always allowed.
var mayImport = map[string][]string{
	"actors/pool":               {},
	"actors/schedule":           {"actors/pool"},
	"actors":                    {"actors/pool", "actors/schedule"},
	"actors/disk":               {"actors/pool"},
	"actors/docker":             {"actors/pool", "actors/disk"},
	"actors/docker/dockertest":  {},
	"actors/images":             {"actors/pool"},
	"actors/fence":              {"actors/pool", "actors/disk", "actors/docker", "actors/images"},
	"actors/pki":                {"actors/pool"},
	"actors/cloud/local":        {"actors/pool", "actors/docker"},
	"actors/cloud/cloudtest":    {"actors/pool"},
	"actors/cloud/openstack":    {"actors/pool"},
	"actors/emulator":           {},
	"persistence":               {"actors/pool"},
	"httpapi/web":               {},
	"httpapi/history":           {"actors/pool"},
	"httpapi/proxy":             {"actors/pool"},
	"httpapi/proxy/link":        {"actors/pool", "httpapi/proxy"},
	"httpapi/proxy/bench":       {"actors/pool", "httpapi/proxy"},
	"httpapi":                   {"actors/pool", "httpapi/history", "httpapi/proxy", "httpapi/web"},
	"cmd/dockerdriver/notebook": {},
	"cmd/dockerdriver/client":   {},
	"cmd/dockerdriver/window":   {"cmd/dockerdriver/client"},
}

// onlyIn holds libraries that one room hides from all others.
var onlyIn = map[string]string{
	"github.com/asynkron/protoactor-go": "actors",
	"go.etcd.io/bbolt":                  "persistence",
	"charm.land/":                       "cmd/dockerdriver/window",
}

// pure rooms import the standard library only, besides what mayImport says.
var pure = []string{"actors/pool", "actors/schedule"}

func TestImportsGoOneWay(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		path := strings.TrimPrefix(p.ImportPath, "dockerdriver/")
		room := roomOf(path)
		if path == "cmd/dockerdriver" {
			continue // the one room that knows all
		}
		require.NotEmpty(t, room, "%s is in no room of mayImport: say what it may import", path)
		for _, imported := range p.Imports {
			if other, ours := strings.CutPrefix(imported, "dockerdriver/"); ours {
				require.True(t, allowed(room, other), "%s must not import %s: imports go one way", path, other)
				continue
			}
			for library, owner := range onlyIn {
				require.False(t, strings.HasPrefix(imported, library) && room != owner, "%s must not import %s: it is hidden in %s", path, imported, owner)
			}
			for _, r := range pure {
				require.False(t, room == r && strings.Contains(strings.SplitN(imported, "/", 2)[0], "."), "%s must not import %s: the standard library only", path, imported)
			}
		}
	}
}

func allowed(room, other string) bool {
	if other == room || strings.HasPrefix(other, room+"/") && roomOf(other) == room {
		return true
	}
	for _, may := range mayImport[room] {
		if other == may {
			return true
		}
	}
	return false
}

func roomOf(path string) string {
	best := ""
	for room := range mayImport {
		if (path == room || strings.HasPrefix(path, room+"/")) && len(room) > len(best) {
			best = room
		}
	}
	return best
}

type listed struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "dockerdriver/...")
	out, err := cmd.Output()
	require.NoError(t, err)
	decoder, all := json.NewDecoder(strings.NewReader(string(out))), []listed{}
	for {
		var p listed
		if err := decoder.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	require.NotEmpty(t, all)
	return all
}
