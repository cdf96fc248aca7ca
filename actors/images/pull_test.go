package images

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

func TestPulledImageIsInTheDirectoryUnderItsName(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	image := s.made("linux/amd64", 5000)
	tag := s.put(image, "team/lab:4.4")
	var got, total int64
	file, err := s.puller.Pull(t.Context(), tag, "linux/amd64", func(g, all int64) { got, total = g, all })
	require.NoError(t, err)
	s.holds(image, tag)
	require.Equal(t, []string{file}, s.files(), "nothing else is there")
	info, err := os.Stat(filepath.Join(s.dir, file))
	require.NoError(t, err)
	require.Equal(t, info.Size(), total, "the size was known before")
	require.Equal(t, total, got)
	require.Equal(t, os.FileMode(0o644), info.Mode())

	again, err := s.pull(tag)
	require.NoError(t, err)
	require.Equal(t, file, again)
	same, err := os.Stat(filepath.Join(s.dir, file))
	require.NoError(t, err)
	require.True(t, os.SameFile(info, same), "what is there already is not written again")
}

func TestPulledTagThatMovedReplacesTheFile(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	tag := s.put(s.made("linux/amd64", 5000), "team/lab:latest")
	file, err := s.pull(tag)
	require.NoError(t, err)
	_, err = s.directory.Scan(t.Context())
	require.NoError(t, err)
	next := s.made("linux/amd64", 5000)
	s.put(next, "team/lab:latest")
	again, err := s.pull(s.host + "/team/lab")
	require.NoError(t, err)
	require.Equal(t, file, again)
	s.holds(next, tag)
}

func TestImagePulledByDigestIsThatOne(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	image := s.made("linux/amd64", 5000)
	s.put(image, "team/lab:1")
	s.put(s.made("linux/amd64", 5000), "team/lab:2")
	digest, err := image.Digest()
	require.NoError(t, err)
	_, err = s.pull(s.host + "/team/lab@" + digest.String())
	require.NoError(t, err)
	s.holds(image, s.host+"/team/lab:sha256-"+digest.Hex[:12])

	named := newShelf(t)
	named.puller.transport = s.puller.transport
	_, err = named.pull(s.host + "/team/lab:2@" + digest.String())
	require.NoError(t, err)
	named.holds(image, s.host+"/team/lab:2")
}

func TestPulledImageIsOfThePlatform(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	amd, arm := s.made("linux/amd64", 5000), s.made("linux/arm64", 5000)
	var index v1.ImageIndex = empty.Index
	for platform, image := range map[string]v1.Image{"amd64": amd, "arm64": arm} {
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{
			Platform: &v1.Platform{OS: "linux", Architecture: platform},
		}})
	}
	tag, err := name.NewTag(s.host + "/team/both:1")
	require.NoError(t, err)
	require.NoError(t, remote.WriteIndex(tag, index))
	_, err = s.puller.Pull(t.Context(), tag.String(), "linux/arm64", func(int64, int64) {})
	require.NoError(t, err)
	s.holds(arm, tag.String())
	_, err = s.puller.Pull(t.Context(), tag.String(), "linux/s390x", func(int64, int64) {})
	require.ErrorContains(t, err, "not there for linux/s390x. It is there for linux/amd64, linux/arm64.")

	single := s.put(arm, "team/one:1")
	_, err = s.pull(single)
	require.ErrorContains(t, err, "not there for linux/amd64. It is there for linux/arm64.")
}

func TestPullRefusesInWords(t *testing.T) {
	t.Parallel()
	for why, test := range map[string]struct {
		reference, platform string
		code                pool.Code
		words               string
	}{
		"no such tag":         {"/team/lab:5", "linux/amd64", pool.CodeNotFound, "has no image"},
		"no such repository":  {"/team/none", "linux/amd64", pool.CodeNotFound, "has no image"},
		"no reference at all": {"/Team Lab", "linux/amd64", pool.CodeInvalid, "is no image in a registry"},
		"no platform at all":  {"/team/lab:4", "amd64", pool.CodeInvalid, "is no platform"},
	} {
		t.Run(why, func(t *testing.T) {
			t.Parallel()
			s := newShelf(t)
			s.put(s.made("linux/amd64", 500), "team/lab:4")
			_, err := s.puller.Pull(t.Context(), s.host+test.reference, test.platform, func(int64, int64) {})
			require.ErrorContains(t, err, test.words)
			require.Equal(t, test.code, pool.CodeOf(err))
			require.Empty(t, s.files())
		})
	}
}

func TestPullRefusesBytesThatAreNotWhatTheirDigestSays(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	tag := s.put(s.made("linux/amd64", 5000), "team/lab:1")
	s.bad(func(w http.ResponseWriter, r *http.Request, stored http.Handler) {
		if !isBlob(r) {
			stored.ServeHTTP(w, r)
			return
		}
		stored.ServeHTTP(flipping{w}, r)
	})
	_, err := s.pull(tag)
	require.ErrorContains(t, err, "is not what its digest says: nothing was kept")
	require.Equal(t, pool.CodeInvalid, pool.CodeOf(err))
	require.Empty(t, s.files())
}

// flipping changes one byte of what is sent.
type flipping struct{ http.ResponseWriter }

func (f flipping) Write(p []byte) (int, error) {
	spoiled := append([]byte(nil), p...)
	if len(spoiled) > 0 {
		spoiled[len(spoiled)-1] ^= 1
	}
	return f.ResponseWriter.Write(spoiled)
}

func TestPullGoesOnWhereTheConnectionBroke(t *testing.T) {
	t.Parallel()
	for why, ranges := range map[string]bool{"a registry that sends ranges": true, "one that sends all again": false} {
		t.Run(why, func(t *testing.T) {
			t.Parallel()
			s := newShelf(t)
			image := s.made("linux/amd64", 3<<20)
			tag := s.put(image, "team/lab:1")
			var drops, asked atomic.Int64
			s.bad(func(w http.ResponseWriter, r *http.Request, stored http.Handler) {
				if r.Header.Get("Range") != "" {
					asked.Add(1)
					if !ranges {
						r.Header.Del("Range")
					}
				}
				if isBlob(r) && drops.Add(1) <= 5 {
					w = &cutting{ResponseWriter: w, left: 1<<20 + int(drops.Load())*100_000}
				}
				stored.ServeHTTP(w, r)
			})
			_, err := s.pull(tag)
			require.NoError(t, err)
			s.holds(image, tag)
			require.Positive(t, asked.Load(), "the rest was asked for")
		})
	}
}

func TestPullGivesUpOnAConnectionThatBreaksAgainAndAgain(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	tag := s.put(s.made("linux/amd64", 3<<20), "team/lab:1")
	s.bad(func(w http.ResponseWriter, r *http.Request, stored http.Handler) {
		if isBlob(r) && r.Header.Get("Range") != "" {
			panic(http.ErrAbortHandler)
		}
		if isBlob(r) {
			w = &cutting{ResponseWriter: w, left: 100_000}
		}
		stored.ServeHTTP(w, r)
	})
	_, err := s.pull(tag)
	require.ErrorContains(t, err, "the connection broke 5 times")
	require.Empty(t, s.files())
}

func TestCancelledPullLeavesNothing(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	tag := s.put(s.made("linux/amd64", 3<<20), "team/lab:1")
	ctx, cancel := context.WithCancel(t.Context())
	_, err := s.puller.Pull(ctx, tag, "linux/amd64", func(got, _ int64) {
		if got > 1<<20 {
			require.Len(t, s.files(), 1, "it is being written")
			cancel()
		}
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, s.files())
}

func TestLeftoversOfKilledPullsAreRemovedAndThoseOfLivingOnesStay(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, unfinished+"a.img-123"), []byte("half"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, ".hidden.img"), nil, 0o600))
	living, err := beginFile(s.dir, "b.img")
	require.NoError(t, err)
	found, err := s.directory.Scan(t.Context())
	require.NoError(t, err)
	require.Empty(t, found, "a scan does not see them")
	gone, err := s.directory.RemoveLeftovers()
	require.NoError(t, err)
	require.Equal(t, 1, gone)
	require.ElementsMatch(t, []string{".hidden.img", filepath.Base(living.Name())}, s.files())
	require.NoError(t, living.Close())
	tag := s.put(s.made("linux/amd64", 500), "team/lab:1")
	file, err := s.pull(tag)
	require.NoError(t, err)
	require.ElementsMatch(t, []string{".hidden.img", file}, s.files(), "a pull removes them as well")
}

func TestPullThatDoesNotFitIsRefusedWithFigures(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	s.puller.room = func(string) (int64, error) { return 65 << 20, nil }
	_, err := s.pull(s.put(s.made("linux/amd64", 3<<20), "team/lab:1"))
	require.Equal(t, pool.CodeNoRoom, pool.CodeOf(err))
	require.ErrorContains(t, err, "it takes 6.298MB, and 68.16MB are free")
	require.Empty(t, s.files())
	s.puller.room = freeBytes
	_, err = s.pull(s.host + "/team/lab:1")
	require.NoError(t, err)
}

func TestPullDoesNotMakeAnotherFileUseless(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	image := s.made("linux/amd64", 500)
	tag := s.put(image, "team/lab:1")
	file, err := s.pull(tag)
	require.NoError(t, err)
	require.NoError(t, os.Rename(filepath.Join(s.dir, file), filepath.Join(s.dir, "mine.img")))
	_, err = s.pull(tag)
	require.ErrorContains(t, err, "The file mine.img holds an image named "+tag+" already.")
	_, err = s.pull(s.put(image, "team/lab:2"))
	require.ErrorContains(t, err, "is the very image that mine.img holds as "+tag)
	s.holds(image, tag)
}

func TestPullLogsInAsDockerDid(t *testing.T) {
	s := newShelf(t) // the docker config is the process's: no other test beside it
	image := s.made("linux/amd64", 500)
	tag := s.put(image, "team/lab:1")
	s.bad(func(w http.ResponseWriter, r *http.Request, stored http.Handler) {
		if user, password, _ := r.BasicAuth(); user != "ann" || password != "secret" {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		stored.ServeHTTP(w, r)
	})
	_, err := s.pull(tag)
	require.Equal(t, pool.CodeForbidden, pool.CodeOf(err))
	require.ErrorContains(t, err, "log in with docker login")
	s.login("ann", "secret")
	_, err = s.pull(tag)
	require.NoError(t, err)
	s.holds(image, tag)
}

func TestFileIsNamedAfterItsImage(t *testing.T) {
	t.Parallel()
	for reference, file := range map[string]string{
		"rocker/rstudio":                           "rocker.rstudio.latest.img",
		"docker.io/rocker/rstudio:4.4":             "rocker.rstudio.4.4.img",
		"index.docker.io/rocker/rstudio:4.4":       "rocker.rstudio.4.4.img",
		"ubuntu:22.04":                             "library.ubuntu.22.04.img",
		"library/ubuntu:22.04":                     "library.ubuntu.22.04.img",
		"a/b/c:1":                                  "index.docker.io+a+b+c=1.img",
		"a/b.c:1":                                  "index.docker.io+a+b.c=1.img",
		"ghcr.io/owner/name:v1":                    "ghcr.io+owner+name=v1.img",
		"registry.example.org:5000/team/image:1":   "registry.example.org=5000+team+image=1.img",
		"localhost:5000/image":                     "localhost=5000+image=latest.img",
		"a/b@sha256:" + hex64:                      "a.b.sha256-0123456789ab.img",
		"registry.example.org/a:1@sha256:" + hex64: "registry.example.org+a=1.img",
	} {
		w, err := wantedOf(reference, "linux/amd64")
		require.NoError(t, err, reference)
		require.Equal(t, file, w.file, reference)
	}
}

const hex64 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func TestImageFileIsRemoved(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	content, ids := saved(t, []string{"a/b:1"}, []string{"a/c:1"})
	for _, by := range []string{ids[1], "a/b:1", "two.img"} {
		require.NoError(t, os.WriteFile(filepath.Join(s.dir, "two.img"), content, 0o600))
		require.NoError(t, s.directory.Remove(t.Context(), by), by)
		require.Empty(t, s.files(), by)
	}
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, "notes.txt"), nil, 0o600))
	for _, by := range []string{"two.img", "notes.txt", "../" + filepath.Base(s.dir) + "/notes.txt", ""} {
		require.Equal(t, pool.CodeNotFound, pool.CodeOf(s.directory.Remove(t.Context(), by)), by)
	}
	require.Equal(t, []string{"notes.txt"}, s.files(), "only what is listed can be removed")
}
