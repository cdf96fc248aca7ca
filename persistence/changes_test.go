package persistence

import (
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"dockerdriver/actors/pool"
)

// model is what Load must tell after any history of changes.
type model struct {
	hosts         map[string]pool.Host
	instances     map[string]pool.Instance
	blueprints    map[string]pool.Blueprint
	variables     map[string]pool.Variable
	sessions      map[string]pool.NotebookSession
	announcements map[string]pool.Announcement
}

func newModel() model {
	return model{
		map[string]pool.Host{},
		map[string]pool.Instance{},
		map[string]pool.Blueprint{},
		map[string]pool.Variable{},
		map[string]pool.NotebookSession{},
		map[string]pool.Announcement{},
	}
}

func (m model) save(c pool.Changes) {
	put(m.hosts, hosts, c.Hosts, c.GoneHosts)
	put(m.instances, instances, c.Instances, c.GoneInstances)
	put(m.blueprints, blueprints, c.Blueprints, c.GoneBlueprints)
	put(m.variables, variables, c.Variables, nil)
	put(m.sessions, notebookSessions, c.Sessions, c.GoneSessions)
	put(m.announcements, announcements, c.Announcements, c.GoneAnnouncements)
}

func put[T any](m map[string]T, t table[T], records []T, gone []string) {
	for _, r := range records {
		m[t.key(r)] = r
	}
	for _, k := range gone {
		delete(m, k)
	}
}

func sorted[T any](m map[string]T) []T {
	var list []T
	for _, k := range slices.Sorted(maps.Keys(m)) {
		list = append(list, m[k])
	}
	return list
}

func changes(t *rapid.T) pool.Changes {
	id := rapid.StringMatching(`[a-d]`) // few, so that they meet
	text := rapid.String()
	ids := rapid.SliceOfN(id, 0, 3)
	return pool.Changes{
		Hosts: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) pool.Host {
			return pool.Host{ID: id.Draw(t, "id"), Name: text.Draw(t, "name"), Slots: rapid.Int().Draw(t, "slots")}
		}), 0, 4).Draw(t, "hosts"),
		Instances: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) pool.Instance {
			return pool.Instance{ID: id.Draw(t, "id"), Password: text.Draw(t, "password"), Spec: pool.Spec{CPUs: rapid.Float64().Draw(t, "cpus")}}
		}), 0, 4).Draw(t, "instances"),
		Blueprints: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) pool.Blueprint {
			return pool.Blueprint{ID: id.Draw(t, "id"), Description: text.Draw(t, "description")}
		}), 0, 4).Draw(t, "blueprints"),
		Variables: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) pool.Variable {
			return pool.Variable{Key: id.Draw(t, "key"), Value: text.Draw(t, "value")}
		}), 0, 4).Draw(t, "variables"),
		Sessions: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) pool.NotebookSession {
			return pool.NotebookSession{CookieHash: id.Draw(t, "hash"), UserID: text.Draw(t, "user")}
		}), 0, 4).Draw(t, "sessions"),
		Announcements: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) pool.Announcement {
			return pool.Announcement{ID: id.Draw(t, "id"), Text: text.Draw(t, "text")}
		}), 0, 4).Draw(t, "announcements"),
		GoneAnnouncements: ids.Draw(t, "gone announcements"),
		GoneHosts:         ids.Draw(t, "gone hosts"),
		GoneInstances:     ids.Draw(t, "gone instances"),
		GoneBlueprints:    ids.Draw(t, "gone blueprints"),
		GoneSessions:      ids.Draw(t, "gone sessions"),
	}
}

func TestLoadTellsWhatAnyHistoryOfChangesLeft(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	history := 0
	rapid.Check(t, func(r *rapid.T) {
		history++
		path := filepath.Join(dir, hexOf(history))
		db := open(t, path)
		m := newModel()
		for range rapid.IntRange(1, 6).Draw(r, "saves") {
			c := changes(r)
			m.save(c)
			require.NoError(r, db.Save(t.Context(), c))
		}
		require.NoError(r, db.Close())
		again := open(t, path)
		got, err := again.Load(t.Context())
		require.NoError(r, err)
		require.NoError(r, again.Close())
		require.Equal(r, pool.Records{
			Installation: again.Installation(), Hosts: sorted(m.hosts), Instances: sorted(m.instances),
			Blueprints: sorted(m.blueprints), Variables: sorted(m.variables), Sessions: sorted(m.sessions), Announcements: sorted(m.announcements),
		}, got)
	})
}
