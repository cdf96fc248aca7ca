package docker_test

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// testImage is the image of testdata/notebook as a docker save tarball.
type testImage struct {
	id      string
	tarball []byte
}

// buildImage compiles the program and packs it, once per test process.
var buildImage = sync.OnceValues(func() (testImage, error) {
	dir, err := os.MkdirTemp("/tmp", "dd-docker-image-")
	if err != nil {
		return testImage{}, err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "notebook")
	build := exec.CommandContext(context.Background(), "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", binary, "./testdata/notebook")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if said, err := build.CombinedOutput(); err != nil {
		return testImage{}, fmt.Errorf("cannot build the test program: %v: %s", err, said)
	}
	program, err := os.ReadFile(binary)
	if err != nil {
		return testImage{}, err
	}
	return packImage(program, "/notebook")
})

func packImage(program []byte, entrypoint string) (testImage, error) {
	var layer bytes.Buffer
	files := tar.NewWriter(&layer)
	header := &tar.Header{Name: "notebook", Mode: 0o755, Size: int64(len(program))}
	if err := files.WriteHeader(header); err != nil {
		return testImage{}, err
	}
	if _, err := files.Write(program); err != nil {
		return testImage{}, err
	}
	if err := files.Close(); err != nil {
		return testImage{}, err
	}
	content, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(layer.Bytes())), nil
	})
	if err != nil {
		return testImage{}, err
	}
	image, err := mutate.AppendLayers(empty.Image, content)
	if err != nil {
		return testImage{}, err
	}
	image, err = mutate.ConfigFile(image, configOf(image, entrypoint))
	if err != nil {
		return testImage{}, err
	}
	id, err := image.ConfigName()
	if err != nil {
		return testImage{}, err
	}
	var saved bytes.Buffer
	if err := tarball.Write(name.MustParseReference("dockerdriver.test/adapter:1"), image, &saved); err != nil {
		return testImage{}, err
	}
	return testImage{id: id.String(), tarball: saved.Bytes()}, nil
}

func configOf(image v1.Image, entrypoint string) *v1.ConfigFile {
	config, err := image.ConfigFile()
	if err != nil {
		panic(err)
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", runtime.GOARCH
	config.Config.Entrypoint = []string{entrypoint}
	// Published only when asked for: this one never is.
	config.Config.ExposedPorts = map[string]struct{}{"9999/tcp": {}}
	return config
}

// imageWithoutProgram names an entry point that it does not hold.
var imageWithoutProgram = sync.OnceValues(func() (testImage, error) { return packImage(nil, "/missing") })
