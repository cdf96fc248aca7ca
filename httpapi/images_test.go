package httpapi

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

func TestImagesTellWhoRunsWhat(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	current, old := s.running("bob"), s.running("cat")
	s.pool.set(current, func(i *pool.Instance) {
		i.Spec.ImageID, i.Spec.ImageRef = "sha256:aaa", "dockerdriver/demo-notebook"
	})
	s.pool.set(old, func(i *pool.Instance) {
		i.Spec.ImageID, i.Spec.ImageRef = "sha256:older", "dockerdriver/demo-notebook"
	})
	s.pool.mu.Lock()
	s.pool.view.Images[0].Unpacked, s.pool.view.Images[0].Platform = 40, "linux/amd64"
	s.pool.view.Images[0].Layers = []string{"sha256:l1", "sha256:l2"}
	s.pool.view.Pushes = []pool.Push{{
		HostID: "h1", ImageID: "sha256:aaa", State: pool.PushSending, Sent: 10, Total: 30, Skipped: 7, Since: time.Now().Add(-10 * time.Second),
	}}
	s.pool.mu.Unlock()
	items := s.as("ann").do("GET", "/api/v1/images", "").ok(t, 200).items()
	require.Len(t, items, 2)
	image := items[0]
	require.InDelta(t, 40, image["unpacked"], 0)
	require.Equal(t, "linux/amd64", image["platform"])
	require.InDelta(t, 2, image["layers"], 0)
	require.InDelta(t, 1, image["running"], 0)
	require.Equal(t, []any{map[string]any{
		"instance_id": old, "instance_name": s.pool.view.Instance(old).Name, "image_id": "sha256:older",
	}}, image["outdated"])
	host := image["hosts"].([]any)[0].(map[string]any)
	require.InDelta(t, 7, host["skipped"], 0)
	require.InDelta(t, 20, host["eta_seconds"], 1)
	require.Equal(t, []any{}, items[1]["outdated"], "a faulty file is nobody's image")
}

func TestImageIsPushed(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	ann := s.as("ann")
	a := ann.do("POST", "/api/v1/images/sha256:aaa/push", "").ok(t, 202)
	host := a.json["hosts"].([]any)[0].(map[string]any)
	require.Equal(t, "waiting", host["state"])
	require.Nil(t, host["eta_seconds"])
	ann.do("POST", "/api/v1/images/sha256%3Aaaa/push", `{"host_ids":["h1"]}`).ok(t, 202)
	ann.do("POST", "/api/v1/images/sha256:bbb/push", `{}`).refused(t, 404, pool.CodeNotFound)
	ann.do("POST", "/api/v1/images/sha256:aaa/push", `{"hosts":["h1"]}`).refused(t, 422, pool.CodeInvalid)
	s.pool.fail = pool.Refuse(pool.CodeShutdownMode, "The pool is in shutdown mode.", "")
	ann.do("POST", "/api/v1/images/sha256:aaa/push", `{}`).refused(t, 503, pool.CodeShutdownMode)
	require.Equal(t, "image.push", ann.do("GET", "/api/v1/audit", "").items()[0]["action"])
}

func TestImageIsRemoved(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	ann := s.as("ann")
	s.pool.fail = pool.Refuse(pool.CodeImageInUse, "Blueprint Demo uses it.", "")
	ann.do("DELETE", "/api/v1/images/sha256:aaa", "").refused(t, 409, pool.CodeImageInUse)
	ann.do("DELETE", "/api/v1/images/sha256:aaa", "").ok(t, 204)
	ann.do("DELETE", "/api/v1/images/broken.img", "").ok(t, 204)
	ann.do("DELETE", "/api/v1/images/broken.img", "").refused(t, 404, pool.CodeNotFound)
	require.Empty(t, ann.do("GET", "/api/v1/images", "").items())
}

func TestPullIsAskedForFollowedAndCancelled(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	ann, bob := s.as("ann"), s.as("bob")
	_, stream := ann.listen("/api/v1/events")
	_, quiet := bob.listen("/api/v1/events")
	a := ann.do("POST", "/api/v1/image-pulls", `{"reference":"rocker/rstudio:4.4"}`).ok(t, 202)
	require.Equal(t, "pulling", a.text("state"))
	require.Equal(t, "linux/amd64", a.text("platform"))
	require.Nil(t, a.json["ended_at"])
	e := ann.next(stream)
	require.Equal(t, "pull", e.kind)
	require.Equal(t, a.text("id"), e.data["id"])
	second := ann.do("POST", "/api/v1/image-pulls", `{"reference":"a/b","platform":"linux/arm64"}`).ok(t, 202)
	items := ann.do("GET", "/api/v1/image-pulls", "").ok(t, 200).items()
	require.Equal(t, []any{second.text("id"), a.text("id")}, []any{items[0]["id"], items[1]["id"]}, "newest first")
	ann.do("DELETE", "/api/v1/image-pulls/"+a.text("id"), "").ok(t, 204)
	ann.do("DELETE", "/api/v1/image-pulls/p99", "").refused(t, 404, pool.CodeNotFound)
	ann.do("POST", "/api/v1/image-pulls", `{}`).refused(t, 422, pool.CodeInvalid)
	s.pool.set(s.running("bob"), func(*pool.Instance) {})
	require.NotEqual(t, "pull", bob.next(quiet).kind, "pulls are for administrators")
}
