package engine_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// entry is one file of a tarball; a nil Content is a folder.
type entry struct {
	Name    string
	Content []byte
	Mode    int64
	Link    string
}

func pack(entries ...entry) []byte {
	var out bytes.Buffer
	archive := tar.NewWriter(&out)
	for _, e := range entries {
		header := &tar.Header{Name: e.Name, Mode: e.Mode, Size: int64(len(e.Content)), Typeflag: tar.TypeReg, ModTime: time.Unix(1700000000, 0)}
		switch {
		case e.Link != "":
			header.Typeflag, header.Linkname = tar.TypeSymlink, e.Link
		case e.Content == nil:
			header.Typeflag = tar.TypeDir
		}
		must(archive.WriteHeader(header))
		_, err := archive.Write(e.Content)
		must(err)
	}
	must(archive.Close())
	return out.Bytes()
}

// must is for the tarballs that are made before any test: memory does not fail.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

func zipped(t testing.TB, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	require.NoError(t, err)
	_, err = w.Write(data)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Bytes()
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// imageSpec describes a test image as docker save would write it.
type imageSpec struct {
	Tags       []string
	Entrypoint []string
	Cmd        []string
	User       string
	Arch       string
	Layers     [][]byte
	// Comment makes an image differ from others of the same layers.
	Comment string
	// trimmed is how many of the lowest layers are left out of the tarball.
	trimmed int
	// the faults
	omitLayer, extraLayer, wrongDiffID, zipLayers bool
}

// save packs the image: configuration, layers, manifest.json.
func (s imageSpec) save(t testing.TB) []byte {
	t.Helper()
	if s.Arch == "" {
		s.Arch = runtime.GOARCH
	}
	diffIDs, paths, files := []string{}, []string{}, []entry{}
	for i, layer := range s.Layers {
		id := digest(layer)
		diffIDs = append(diffIDs, "sha256:"+id)
		paths = append(paths, id+"/layer.tar")
		if s.zipLayers {
			layer = zipped(t, layer)
		}
		if i >= s.trimmed && (!s.omitLayer || i > 0) {
			files = append(files, entry{Name: id + "/layer.tar", Content: layer, Mode: 0o644})
		}
	}
	if s.wrongDiffID {
		diffIDs[0] = "sha256:" + digest([]byte("something else"))
	}
	if s.extraLayer {
		paths = append(paths, paths[0])
	}
	config, err := json.Marshal(map[string]any{
		"architecture": s.Arch, "os": "linux", "created": "2024-01-02T03:04:05Z", "comment": s.Comment,
		"config": map[string]any{
			"Entrypoint": s.Entrypoint, "Cmd": s.Cmd, "User": s.User, "WorkingDir": "/work",
			"Env": []string{"PATH=/bin:/usr/bin", "FROM_IMAGE=yes"}, "Labels": map[string]string{"from": "image"},
			"ExposedPorts": map[string]any{"8787/tcp": map[string]any{}},
		},
		"rootfs": map[string]any{"type": "layers", "diff_ids": diffIDs},
	})
	require.NoError(t, err)
	name := digest(config) + ".json"
	manifest, err := json.Marshal([]map[string]any{{"Config": name, "RepoTags": s.Tags, "Layers": paths}})
	require.NoError(t, err)
	files = append(files, entry{Name: name, Content: config, Mode: 0o644}, entry{Name: "manifest.json", Content: manifest, Mode: 0o644})
	return pack(files...)
}

// webLayers are the test program, and a second layer that hides files of the first.
var webLayers = sync.OnceValue(func() [][]byte {
	return [][]byte{
		pack(
			entry{Name: "web", Content: webBinary, Mode: 0o755},
			entry{Name: "bin/", Mode: 0o755},
			entry{Name: "bin/linked", Link: "/web"},
			entry{Name: "plain", Content: []byte("no program"), Mode: 0o644},
			entry{Name: "removed.txt", Content: []byte("old"), Mode: 0o644},
			entry{Name: "kept.txt", Content: []byte("old"), Mode: 0o644},
			entry{Name: "opaque/", Mode: 0o755},
			entry{Name: "opaque/old.txt", Content: []byte("old"), Mode: 0o644},
		),
		pack(
			entry{Name: ".wh.removed.txt", Content: []byte{}, Mode: 0o644},
			entry{Name: "opaque/new.txt", Content: []byte("new"), Mode: 0o644},
			entry{Name: "opaque/.wh..wh..opq", Content: []byte{}, Mode: 0o644},
		),
	}
})

// webImage is the image of most cases.
func webImage(tag string) imageSpec {
	return imageSpec{Tags: []string{tag}, Entrypoint: []string{"/web"}, Cmd: []string{"serve"}, Layers: webLayers()}
}
