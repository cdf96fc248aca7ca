package window

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"dockerdriver/cmd/dockerdriver/client"
)

func event(kind, data string) client.Event {
	return client.Event{ID: "1", Kind: kind, Data: json.RawMessage(data)}
}

func TestEventsMoveTheStateAndTellWhatIsNew(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		events []client.Event
		told   []string
		holds  func(*testing.T, State)
	}{
		"a host comes up, with its trouble, and goes": {
			[]client.Event{
				event("host", `{"id":"b","name":"pb_dd_b","state":"building"}`),
				event("host", `{"id":"b","name":"pb_dd_b","state":"building","slots":4}`),
				event("host", `{"id":"b","name":"pb_dd_b","state":"preparing","stage":"engine","trouble":[{"at":"2026-03-02T01:00:00Z","message":"It does not answer."}]}`),
				event("host", `{"deleted":true,"id":"b"}`),
			},
			[]string{"host pb_dd_b building", "host pb_dd_b preparing: engine", "host pb_dd_b: It does not answer.", "host pb_dd_b is gone"},
			func(t *testing.T, s State) { require.Len(t, s.Hosts, 1) },
		},
		"an instance from its queue to its end": {
			[]client.Event{
				event("instance", `{"id":"i","name":"pb-otter","state":"queueing"}`),
				event("instance", `{"id":"i","name":"pb-otter","state":"provisioning","stage":"scheduled","host_id":"h1"}`),
				event("instance", `{"id":"i","name":"pb-otter","state":"running","host_id":"h1"}`),
				event("instance", `{"id":"i","name":"pb-otter","state":"deleted","host_id":"h1"}`),
			},
			[]string{
				"instance pb-otter queueing", "instance pb-otter provisioning (scheduled) on pb_dd_00000000000000000001",
				"instance pb-otter running", "instance pb-otter deleted",
			},
			func(t *testing.T, s State) { require.Empty(t, s.Instances) },
		},
		"an instance fails": {
			[]client.Event{event("instance", `{"id":"i","name":"pb-otter","state":"failed","failure":{"code":"CONTAINER_EXITED","message":"m"}}`)},
			[]string{"instance pb-otter failed (CONTAINER_EXITED)"},
			func(t *testing.T, s State) { require.Len(t, s.Instances, 1) },
		},
		"a push tells its progress in the table only": {
			[]client.Event{
				event("images", `{"items":[{"id":"sha256:1","tags":["a/b:latest"],"hosts":[]}]}`),
				event("push", `{"host_id":"h1","image_id":"sha256:1","state":"sending","sent":1,"total":10}`),
				event("push", `{"host_id":"h1","image_id":"sha256:1","state":"sending","sent":9,"total":10}`),
				event("push", `{"host_id":"h1","image_id":"sha256:1","state":"failed","sent":9,"total":10,"failure":"It broke."}`),
				event("push", `{"host_id":"h1","image_id":"sha256:1","state":"done","sent":10,"total":10}`),
			},
			[]string{
				"the image directory has been read again: 1 image", "image a/b to pb_dd_00000000000000000001: sending",
				"image a/b to pb_dd_00000000000000000001: failed: It broke.", "image a/b to pb_dd_00000000000000000001: done",
			},
			func(t *testing.T, s State) {
				require.Equal(t, []client.Presence{{HostID: "h1", State: "present", Sent: 10, Total: 10}}, s.Images[0].Hosts)
			},
		},
		"the pool drains, pauses and goes on": {
			[]client.Event{
				event("pool", `{"state":"draining","reason":"shutdown mode"}`),
				event("pool", `{"state":"running","pause":{"reason":"quota"}}`),
				event("pool", `{"state":"running","slots":3}`),
			},
			[]string{"the pool is draining: shutdown mode", "the pool is running", "no hosts are built for a while: quota", "hosts are built again"},
			func(t *testing.T, s State) { require.Equal(t, 3, s.Pool.Slots) },
		},
		"somebody changes settings": {
			[]client.Event{
				event("variable", `{"key":"DD_MAX_HOSTS","value":"7","updated_by":"ada@x"}`), event("variable", `{"key":"DD_X","value":""}`),
				event("blueprint", `{"id":"b1","name":"RStudio"}`), event("blueprint", `{"deleted":true,"id":"b1"}`),
			},
			[]string{"ada@x set DD_MAX_HOSTS to 7", "somebody set DD_X to nothing", "blueprint RStudio was changed"},
			func(*testing.T, State) {},
		},
		"what cannot be read is left out": {
			[]client.Event{event("host", `[]`), event("instance", `"x"`), event("push", `7`), event("images", `[]`), event("pool", `[]`), event("later", `{}`)},
			nil,
			func(t *testing.T, s State) { require.Equal(t, busyPool(1), s) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := busyPool(1)
			for _, e := range c.events {
				s.apply(e, night)
			}
			var told []string
			for _, entry := range s.Log {
				told = append(told, entry.Text)
			}
			require.Equal(t, c.told, told)
			c.holds(t, s)
		})
	}
}

func TestLogForgetsWhatIsOld(t *testing.T) {
	t.Parallel()
	s := State{}
	for range 3 * logLimit {
		s.note(night, "again")
	}
	require.Len(t, s.Log, logLimit)
}
