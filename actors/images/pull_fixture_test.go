package images

import (
	"encoding/base64"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

// shelf is a registry on loopback and an image directory beside it.
type shelf struct {
	*testing.T
	host      string // host:port of the registry
	directory *Directory
	dir       string
	puller    *Puller
	spoil     atomic.Pointer[func(http.ResponseWriter, *http.Request, http.Handler)] // of answers to GET
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	s := &shelf{T: t, dir: t.TempDir()}
	stored := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if spoil := s.spoil.Load(); spoil != nil && r.Method == http.MethodGet {
			(*spoil)(w, r, stored)
			return
		}
		stored.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	s.host = strings.TrimPrefix(server.URL, "http://")
	var err error
	s.directory, err = Open(s.dir, zerolog.Nop())
	require.NoError(t, err)
	s.puller = NewPuller(s.directory)
	s.puller.keychain = authn.NewMultiKeychain() // whoever runs the tests may be logged in somewhere
	s.puller.transport = newResuming(time.Millisecond, 5*time.Second)
	s.puller.backoff = remote.Backoff{Duration: time.Millisecond, Factor: 1, Steps: 3}
	return s
}

// bad has every GET answered by f from now on.
func (s *shelf) bad(f func(http.ResponseWriter, *http.Request, http.Handler)) { s.spoil.Store(&f) }

// made is an image of one platform with two layers.
func (s *shelf) made(platform string, size int64) v1.Image {
	s.Helper()
	image, err := random.Image(size, 2)
	require.NoError(s, err)
	config, err := image.ConfigFile()
	require.NoError(s, err)
	os, architecture, _ := strings.Cut(platform, "/")
	config.OS, config.Architecture = os, architecture
	image, err = mutate.ConfigFile(image, config)
	require.NoError(s, err)
	return image
}

// put publishes an image and returns how it is named.
func (s *shelf) put(image v1.Image, path string) string {
	s.Helper()
	tag, err := name.NewTag(s.host + "/" + path)
	require.NoError(s, err)
	require.NoError(s, remote.Write(tag, image))
	return tag.String()
}

func (s *shelf) pull(reference string) (string, error) {
	return s.puller.Pull(s.Context(), reference, "linux/amd64", func(int64, int64) {})
}

// holds checks that the directory has this one image under this tag, whole.
func (s *shelf) holds(image v1.Image, tag string) {
	s.Helper()
	found, err := s.directory.Scan(s.Context())
	require.NoError(s, err)
	require.Len(s, found, 1)
	require.Empty(s, found[0].Fault)
	id, err := image.ConfigName()
	require.NoError(s, err)
	require.Equal(s, id.String(), found[0].ID)
	require.Equal(s, []string{tag}, found[0].Tags)
}

// files lists the directory, dot-files included.
func (s *shelf) files() []string {
	s.Helper()
	entries, err := os.ReadDir(s.dir)
	require.NoError(s, err)
	names := []string{}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// login writes a docker config as docker login does, and has it used.
func (s *shelf) login(user, password string) {
	s.Helper()
	dir := s.TempDir()
	secret := base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
	require.NoError(s, os.WriteFile(filepath.Join(dir, "config.json"), []byte(`{"auths":{"`+s.host+`":{"auth":"`+secret+`"}}}`), 0o600))
	s.Setenv("DOCKER_CONFIG", dir)
	s.puller.keychain = authn.DefaultKeychain
}

// cutting passes the first n bytes of each answer's body on and then breaks the connection.
type cutting struct {
	http.ResponseWriter
	left int
}

func (c *cutting) Write(p []byte) (int, error) {
	if len(p) > c.left {
		_, _ = c.ResponseWriter.Write(p[:c.left])
		http.NewResponseController(c.ResponseWriter).Flush() //nolint:errcheck // it is broken next
		panic(http.ErrAbortHandler)
	}
	c.left -= len(p)
	return c.ResponseWriter.Write(p)
}

// ReadFrom keeps io.Copy from going around Write.
func (c *cutting) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(struct{ io.Writer }{c}, r)
}

func isBlob(r *http.Request) bool { return strings.Contains(r.URL.Path, "/blobs/") }
