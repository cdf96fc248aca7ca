package engine_test

import (
	"crypto/sha256"
	"net/http"
	"strconv"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/stretchr/testify/require"
)

var systemCases = []wireCase{
	{"ping tells the API version", func(t *testing.T, w *wire) {
		got, err := w.docker.Ping(t.Context())
		require.NoError(t, err)
		require.GreaterOrEqual(t, got.APIVersion, "1.41")
		require.Equal(t, "linux", got.OSType)
		for _, method := range []string{"GET", "HEAD"} {
			plain := w.ask(t, method, "/_ping", "")
			require.Equal(t, http.StatusOK, plain.Status)
			require.Equal(t, "no-cache, no-store, must-revalidate", plain.Header.Get("Cache-Control"))
			require.Equal(t, method == "GET", string(plain.Body) == "OK")
		}
	}},
	{"version and info", func(t *testing.T, w *wire) {
		version, err := w.docker.ServerVersion(t.Context())
		require.NoError(t, err)
		require.Equal(t, "Engine", version.Components[0].Name)
		require.Equal(t, version.Version, version.Components[0].Version)
		info, err := w.docker.Info(t.Context())
		require.NoError(t, err)
		require.Equal(t, "linux", info.OSType)
		require.Equal(t, version.Version, info.ServerVersion)
		require.Positive(t, info.NCPU)
		require.Positive(t, info.MemTotal)
		require.True(t, info.MemoryLimit)
	}},
	{"a path that is none", func(t *testing.T, w *wire) {
		w.ask(t, "GET", "/nonsense", "").refused(t, http.StatusNotFound, "page not found")
		w.ask(t, "POST", "/images/json", "").refused(t, http.StatusNotFound, "page not found")
	}},
	{"a client from the future", func(t *testing.T, w *wire) {
		w.ask(t, "GET", "/v9.99/info", "").refused(t, http.StatusBadRequest, "client version 9.99 is too new. Maximum supported API version is ")
	}},
}

// loadCase is a tarball and what the engine says of it, in a body of status 200 whatever it is.
func loadCase(name, words string, make func(t *testing.T, tag string) []byte) wireCase {
	return wireCase{name: "load: " + name, run: func(t *testing.T, w *wire) {
		lines := w.load(t, make(t, w.name()+"/load:1"))
		require.Len(t, lines, 1)
		require.Contains(t, lines[0]["error"], words)
		require.Equal(t, map[string]any{"message": lines[0]["error"]}, lines[0]["errorDetail"])
	}}
}

// unique is an image of a layer that no engine has seen: known layers are not read again.
func unique(tag string) imageSpec {
	layer := pack(entry{Name: tag, Content: []byte(tag), Mode: 0o644})
	return imageSpec{Tags: []string{tag}, Entrypoint: []string{"/web"}, Layers: [][]byte{layer}}
}

// noise is an image of a quarter of a mebibyte that does not compress.
func noise(tag string) imageSpec {
	content := make([]byte, 256<<10)
	for at := 0; at < len(content); at += sha256.Size {
		sum := sha256.Sum256([]byte(tag + strconv.Itoa(at)))
		copy(content[at:], sum[:])
	}
	spec := unique(tag)
	spec.Layers[0] = pack(entry{Name: "noise", Content: content, Mode: 0o644})
	return spec
}

var loadCases = []wireCase{
	loadCase("truncated gzip", "unexpected EOF", func(t *testing.T, tag string) []byte {
		whole := zipped(t, noise(tag).save(t))
		return whole[:len(whole)/2]
	}),
	loadCase("truncated tar", "unexpected EOF", func(t *testing.T, tag string) []byte {
		return noise(tag).save(t)[:100_000]
	}),
	loadCase("not a tarball", "archive/tar: invalid tar header", func(*testing.T, string) []byte {
		return []byte(longText)
	}),
	loadCase("a tarball without manifest", "repositories: no such file or directory", func(t *testing.T, _ string) []byte {
		return pack(entry{Name: "hello", Content: []byte("hello"), Mode: 0o644})
	}),
	loadCase("nothing at all", "repositories: no such file or directory", func(*testing.T, string) []byte { return nil }),
	loadCase("a layer is missing", "no such file or directory", func(t *testing.T, tag string) []byte {
		spec := unique(tag)
		spec.omitLayer = true
		return spec.save(t)
	}),
	loadCase("more layers than the configuration has", "invalid manifest, layers length mismatch: expected 2, got 1", func(t *testing.T, tag string) []byte {
		spec := unique(tag)
		spec.extraLayer = true
		return spec.save(t)
	}),
	loadCase("a layer that is another one", "invalid diffID for layer", func(t *testing.T, tag string) []byte {
		spec := unique(tag)
		spec.wrongDiffID = true
		return spec.save(t)
	}),
	{"load: gzip around everything, gzip'ed layers, two names", func(t *testing.T, w *wire) {
		spec := unique(w.name() + "/two:1")
		spec.Tags = append(spec.Tags, spec.Tags[0]+"-b")
		spec.zipLayers = true
		lines := w.load(t, zipped(t, spec.save(t)))
		require.Equal(t, []map[string]any{
			{"stream": "Loaded image: " + spec.Tags[0] + "\n"},
			{"stream": "Loaded image: " + spec.Tags[1] + "\n"},
		}, lines)
		got, err := w.docker.ImageInspect(t.Context(), spec.Tags[0])
		require.NoError(t, err)
		require.ElementsMatch(t, spec.Tags, got.RepoTags)
		require.Equal(t, []string{"sha256:" + digest(spec.Layers[0])}, got.RootFS.Layers)
	}},
	{"load: an image without a name is told by its ID", func(t *testing.T, w *wire) {
		spec := unique(w.name())
		spec.Tags = nil
		lines := w.load(t, spec.save(t))
		require.Len(t, lines, 1)
		require.Contains(t, lines[0]["stream"], "Loaded image ID: sha256:")
	}},
	{"load: the same image again", func(t *testing.T, w *wire) {
		spec := unique(w.name() + "/again:1")
		require.Equal(t, w.load(t, spec.save(t)), w.load(t, spec.save(t)))
	}},
}

var longText = func() string {
	text := ""
	for len(text) < 4096 {
		text += "this is no tarball, but a long text\n"
	}
	return text
}()

var imageCases = []wireCase{
	{"image inspect has what a launch needs", func(t *testing.T, w *wire) {
		got, err := w.docker.ImageInspect(t.Context(), w.image)
		require.NoError(t, err)
		require.Equal(t, []string{w.image}, got.RepoTags)
		require.Equal(t, "2024-01-02T03:04:05Z", got.Created)
		require.Equal(t, []string{"/web"}, got.Config.Entrypoint)
		require.Equal(t, []string{"serve"}, got.Config.Cmd)
		require.Contains(t, got.Config.ExposedPorts, "8787/tcp")
		require.Equal(t, "/work", got.Config.WorkingDir)
		require.Equal(t, "image", got.Config.Labels["from"])
		require.Equal(t, "linux", got.Os)
		require.Greater(t, got.Size, int64(len(webBinary)))
		byID, err := w.docker.ImageInspect(t.Context(), got.ID[len("sha256:"):][:12])
		require.NoError(t, err)
		require.Equal(t, got.ID, byID.ID)
	}},
	{"images that are not there, or have no proper name", func(t *testing.T, w *wire) {
		w.ask(t, "GET", "/images/nope:1/json", "").refused(t, http.StatusNotFound, "No such image: nope:1")
		w.ask(t, "GET", "/images/Bad%20Name/json", "").refused(t, http.StatusBadRequest, "invalid reference format")
		w.ask(t, "DELETE", "/images/nope", "").refused(t, http.StatusNotFound, "No such image: nope:latest")
		w.ask(t, "POST", "/images/nope/tag?repo=a&tag=b", "").refused(t, http.StatusNotFound, "No such image: nope:latest")
		w.ask(t, "POST", "/images/"+w.image+"/tag?repo=BAD", "").refused(t, http.StatusInternalServerError, "must be lowercase")
	}},
	{"a second name comes and goes; the last one takes the image", func(t *testing.T, w *wire) {
		spec := unique(w.name() + "/tagged:1")
		w.load(t, spec.save(t))
		second := w.name() + "/other"
		require.NoError(t, w.docker.ImageTag(t.Context(), spec.Tags[0], second+":2"))
		got := w.ask(t, "DELETE", "/images/"+second+":2", "")
		require.JSONEq(t, `[{"Untagged":"`+second+`:2"}]`, string(got.Body))
		inspected, err := w.docker.ImageInspect(t.Context(), spec.Tags[0])
		require.NoError(t, err)
		last := w.ask(t, "DELETE", "/images/"+spec.Tags[0], "")
		require.Equal(t, http.StatusOK, last.Status)
		require.Contains(t, string(last.Body), `{"Untagged":"`+spec.Tags[0]+`"}`)
		require.Contains(t, string(last.Body), `{"Deleted":"`+inspected.ID+`"}`)
		w.ask(t, "GET", "/images/"+inspected.ID+"/json", "").refused(t, http.StatusNotFound, "No such image: ")
	}},
	{"an image in use stays", func(t *testing.T, w *wire) {
		spec := webImage(w.name() + "/used:1")
		spec.Comment = spec.Tags[0]
		w.load(t, spec.save(t))
		used, err := w.docker.ImageInspect(t.Context(), spec.Tags[0])
		require.NoError(t, err)
		t.Cleanup(func() { w.ask(t, "DELETE", "/images/"+used.ID+"?force=1", "") })
		id := w.create(t, container.Config{Image: spec.Tags[0]}, container.HostConfig{})
		w.ask(t, "DELETE", "/images/"+spec.Tags[0], "").refused(t, http.StatusConflict, `(must force) - container `+id[:12]+` is using its referenced image`)
		w.ask(t, "DELETE", "/images/"+w.inspect(t, id).Image, "").refused(t, http.StatusConflict, "(must be forced) - image is being used by stopped container "+id[:12])
		w.start(t, id)
		w.ask(t, "DELETE", "/images/"+w.inspect(t, id).Image+"?force=1", "").refused(t, http.StatusConflict, "(cannot be forced) - image is being used by running container "+id[:12])
		got := w.ask(t, "DELETE", "/images/"+spec.Tags[0]+"?force=1", "")
		require.Contains(t, string(got.Body), `"Untagged":"`+spec.Tags[0]+`"`)
		require.True(t, w.inspect(t, id).State.Running)
	}},
	{"image list", func(t *testing.T, w *wire) {
		got := w.ask(t, "GET", `/images/json?filters={"reference":["`+w.image+`"]}`, "")
		require.Equal(t, http.StatusOK, got.Status)
		require.Contains(t, string(got.Body), `"RepoTags":["`+w.image+`"]`)
		require.Contains(t, string(got.Body), `"Containers":-1`)
	}},
}
