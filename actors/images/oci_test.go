package images

import (
	"runtime"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/stretchr/testify/require"
)

// on is a random image for an architecture, and its id.
func on(t *testing.T, architecture string) (v1.Image, string) {
	t.Helper()
	image, err := random.Image(3000, 2)
	require.NoError(t, err)
	config, err := image.ConfigFile()
	require.NoError(t, err)
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", architecture
	image, err = mutate.ConfigFile(image, config)
	require.NoError(t, err)
	id, err := image.ConfigName()
	require.NoError(t, err)
	return image, id.String()
}

func annotated(of mutate.Appendable, annotations map[string]string, platform *v1.Platform) mutate.IndexAddendum {
	return mutate.IndexAddendum{Add: of, Descriptor: v1.Descriptor{Annotations: annotations, Platform: platform}}
}

func other() string {
	if runtime.GOARCH == "arm64" {
		return "amd64"
	}
	return "arm64"
}

func TestLayoutTellsItsImages(t *testing.T) {
	t.Parallel()
	mine, id := on(t, runtime.GOARCH)
	foreign, foreignID := on(t, other())
	second, secondID := on(t, runtime.GOARCH)
	attest, _ := on(t, "unknown")
	named := map[string]string{annotationName: "docker.io/library/a:1", annotationRef: "1"}
	nested := mutate.AppendManifests(empty.Index,
		annotated(foreign, nil, &v1.Platform{OS: "linux", Architecture: other()}),
		annotated(mine, nil, &v1.Platform{OS: "linux", Architecture: runtime.GOARCH}),
		annotated(attest, map[string]string{annotationKind: "attestation-manifest"}, &v1.Platform{OS: "unknown", Architecture: "unknown"}))
	for _, c := range []struct {
		why   string
		index v1.ImageIndex
		want  map[string][]string // id → tags
	}{
		{"one manifest", mutate.AppendManifests(empty.Index, annotated(mine, named, nil)), map[string][]string{id: {"a:1"}}},
		{"one of another platform, as in docker save", mutate.AppendManifests(empty.Index, annotated(foreign, named, nil)), map[string][]string{foreignID: {"a:1"}}},
		{"a reference in the specification's annotation", mutate.AppendManifests(empty.Index,
			annotated(mine, map[string]string{annotationRef: "registry.example/x/a:2"}, nil)), map[string][]string{id: {"registry.example/x/a:2"}}},
		{"platforms side by side, told by their configurations", mutate.AppendManifests(empty.Index,
			annotated(foreign, named, nil), annotated(mine, named, nil)), map[string][]string{id: {"a:1"}}},
		{"platforms in an index of their own", mutate.AppendManifests(empty.Index, annotated(nested, named, nil)), map[string][]string{id: {"a:1"}}},
		{"several images, one of them with two names", mutate.AppendManifests(empty.Index,
			annotated(mine, named, nil), annotated(mine, map[string]string{annotationName: "a:2"}, nil),
			annotated(second, map[string]string{annotationName: "b"}, nil)), map[string][]string{id: {"a:1", "a:2"}, secondID: {"b:latest"}}},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			images, err := read(t, layoutOf(t, c.index))
			require.NoError(t, err)
			got := map[string][]string{}
			for _, image := range images {
				require.Empty(t, image.Fault)
				require.Len(t, image.Layers, 2)
				require.Greater(t, image.Unpacked, int64(6000))
				got[image.ID] = image.Tags
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestLayoutRefusedInWords(t *testing.T) {
	t.Parallel()
	a, _ := on(t, "s390x")
	b, _ := on(t, "riscv64")
	named := map[string]string{annotationName: "a:1"}
	images, err := read(t, layoutOf(t, mutate.AppendManifests(empty.Index, annotated(a, named, nil), annotated(b, named, nil))))
	require.NoError(t, err)
	require.Len(t, images, 1)
	require.Equal(t, "a:1 is in the file for linux/riscv64 and linux/s390x, not for linux/"+runtime.GOARCH+": save it for that platform", images[0].Fault)
	require.Equal(t, []string{"a:1"}, images[0].Tags)
	_, err = read(t, layoutOf(t, mutate.AppendManifests(empty.Index, annotated(a, map[string]string{annotationRef: "latest"}, nil))))
	require.ErrorContains(t, err, "names no image", "a tag alone is no name")
}

func TestOpenMakesALayoutADockerSaveTarball(t *testing.T) {
	t.Parallel()
	directory, dir := openDirectory(t)
	image, id := on(t, runtime.GOARCH)
	content := layoutOf(t, mutate.AppendManifests(empty.Index, annotated(image, map[string]string{annotationName: "a:1"}, nil)))
	put(t, dir, "a.img", zstded(t, content))
	require.Equal(t, id, scan(t, directory)["a.img"].ID)
	for skip := range 3 {
		got, _ := opened(t, directory, id, skip)
		names, there := layersIn(t, got, id)
		require.Len(t, names, 2)
		require.Equal(t, len(names)-skip, len(there))
	}
}
