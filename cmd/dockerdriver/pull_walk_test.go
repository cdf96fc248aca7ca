package main

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/require"
)

// stocked is a registry on loopback with one image that could run here.
func stocked(t *testing.T) (reference string, image v1.Image) {
	t.Helper()
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	image, err := random.Image(200_000, 3)
	require.NoError(t, err)
	config, err := image.ConfigFile()
	require.NoError(t, err)
	config.OS, config.Architecture = "linux", runtime.GOARCH
	image, err = mutate.ConfigFile(image, config)
	require.NoError(t, err)
	tag, err := name.NewTag(strings.TrimPrefix(server.URL, "http://") + "/team/lab:1")
	require.NoError(t, err)
	require.NoError(t, remote.Write(tag, image))
	return tag.String(), image
}

// pullImage pulls an image by command, brings it to the host, whose engine must
// show it by its digest, and removes its file again.
func pullImage(t *testing.T, s *site) {
	t.Helper()
	reference, image := stocked(t)
	id, err := image.ConfigName()
	require.NoError(t, err)
	r := call(t, "image", "pull", reference, "--data-dir", s.dir)
	require.Equal(t, exitDone, r.code, r.err)
	require.Eventually(t, func() bool {
		_, list := s.call(s.browser, http.MethodGet, "/images", nil)
		for _, item := range list["items"].([]any) {
			if item := item.(map[string]any); item["id"] == id.String() {
				return item["fault"] == ""
			}
		}
		return false
	}, 20*time.Second, 100*time.Millisecond, "the pulled image is listed")
	r = call(t, "image", "push", reference, "--wait", "--data-dir", s.dir)
	require.Equal(t, exitDone, r.code, r.err)
	require.Contains(t, r.out, "present")
	r = call(t, "image", "remove", reference, "--data-dir", s.dir)
	require.Equal(t, exitDone, r.code, r.err)
	require.NotContains(t, call(t, "image", "list", "--data-dir", s.dir).out, reference)
}

func TestPullWithoutAServer(t *testing.T) {
	t.Parallel()
	reference, image := stocked(t)
	id, err := image.ConfigName()
	require.NoError(t, err)
	dir := t.TempDir()
	r := call(t, "image", "pull", "--local", "--data-dir", dir, reference)
	require.Equal(t, exitDone, r.code, r.err)
	r = call(t, "image", "verify", "--data-dir", dir)
	require.Equal(t, exitDone, r.code, r.err)
	require.Contains(t, r.out, reference)
	require.Contains(t, r.out, shortDigest(id.String()))
	r = call(t, "image", "pull", "--local", "--data-dir", dir, reference+"2")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.err, "has no image")
}
