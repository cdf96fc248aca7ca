package engine_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/stretchr/testify/require"
)

// layered is an image of layers that no engine has seen, one for each letter.
func layered(tag, seed, letters string) imageSpec {
	spec := imageSpec{Tags: []string{tag}, Entrypoint: []string{"/web"}, Comment: tag}
	for _, letter := range letters {
		spec.Layers = append(spec.Layers, pack(entry{Name: string(letter), Content: []byte(seed + string(letter)), Mode: 0o644}))
	}
	return spec
}

// trimmedOf is a load without the lowest layers of letters, after the images of base; words are what the engine has
// against it, if anything.
func trimmedOf(name string, base []string, letters string, without int, words string) wireCase {
	return wireCase{name: "trimmed load: " + name, run: func(t *testing.T, w *wire) {
		seed := w.name()
		for _, image := range base {
			w.load(t, layered(seed+"/"+image+":1", seed, image).save(t))
		}
		spec := layered(seed+"/top:1", seed, letters)
		spec.trimmed = without
		lines := w.load(t, spec.save(t))
		require.Len(t, lines, 1)
		if words != "" {
			require.Contains(t, lines[0]["error"], words)
			w.ask(t, "GET", "/images/"+spec.Tags[0]+"/json", "").refused(t, http.StatusNotFound, "No such image")
			return
		}
		require.Equal(t, "Loaded image: "+spec.Tags[0]+"\n", lines[0]["stream"], "%v", lines[0])
		got, err := w.docker.ImageInspect(t.Context(), spec.Tags[0])
		require.NoError(t, err)
		require.Len(t, got.RootFS.Layers, len(letters))
	}}
}

const layerMissing = "/layer.tar: no such file or directory"

var trimmedCases = []wireCase{
	trimmedOf("the base is there", []string{"ab"}, "abc", 2, ""),
	trimmedOf("a larger image has the layers", []string{"abcde"}, "abx", 2, ""),
	trimmedOf("every layer is there", []string{"abc"}, "abc", 3, ""),
	trimmedOf("from two images", []string{"a", "ab"}, "abc", 2, ""),
	trimmedOf("the layer under it is missing", []string{"a"}, "abc", 2, layerMissing),
	trimmedOf("nothing is there", nil, "ab", 1, layerMissing),
	trimmedOf("the layers are there in another order", []string{"ba"}, "abc", 2, layerMissing),
	trimmedOf("the layer is there, on top of another", []string{"xa"}, "ab", 1, layerMissing),
	{"trimmed load: what is left out is in the image", func(t *testing.T, w *wire) {
		spec := webImage(w.name() + "/top:1")
		spec.Layers = append([][]byte{}, spec.Layers...)
		spec.Layers = append(spec.Layers, pack(entry{Name: "top", Content: []byte(spec.Tags[0]), Mode: 0o644}))
		spec.trimmed = len(webLayers())
		require.Contains(t, w.load(t, spec.save(t))[0]["stream"], spec.Tags[0])
		id := w.create(t, container.Config{Image: spec.Tags[0]}, container.HostConfig{})
		w.start(t, id)
		w.says(t, id, "listening")
		require.NoError(t, w.docker.ContainerRemove(t.Context(), id, container.RemoveOptions{Force: true}))
	}},
	{"trimmed load: the base is removed in between", func(t *testing.T, w *wire) {
		seed := w.name()
		base := layered(seed+"/base:1", seed, "ab")
		w.load(t, base.save(t))
		spec := layered(seed+"/top:1", seed, "abc")
		spec.trimmed = 2
		trimmed := spec.save(t)
		require.Equal(t, http.StatusOK, w.ask(t, "DELETE", "/images/"+base.Tags[0], "").Status)
		said, _ := w.load(t, trimmed)[0]["error"].(string)
		require.True(t, strings.HasPrefix(said, "open ") && strings.HasSuffix(said, layerMissing), said)
		spec.trimmed = 0
		require.Contains(t, w.load(t, spec.save(t))[0]["stream"], spec.Tags[0], "in full it loads")
	}},
	{"trimmed load: layers outlive the image that brought them", func(t *testing.T, w *wire) {
		seed := w.name()
		base, middle, top := layered(seed+"/base:1", seed, "a"), layered(seed+"/middle:1", seed, "ab"), layered(seed+"/top:1", seed, "abc")
		middle.trimmed, top.trimmed = 1, 2
		w.load(t, base.save(t))
		w.load(t, middle.save(t))
		require.Equal(t, http.StatusOK, w.ask(t, "DELETE", "/images/"+base.Tags[0], "").Status)
		require.Contains(t, w.load(t, top.save(t))[0]["stream"], top.Tags[0])
	}},
}
