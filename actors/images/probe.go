package images

import (
	"context"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"dockerdriver/actors/pool"
)

// ProbeTag is the name of the image that the fence's probe runs from.
const ProbeTag = pool.ProbeTag

// WriteProbe makes the image of the fence's probe from binary and writes it to
// path, by the rules of WriteDemo. Its containers run the binary with whatever
// command they are given.
func WriteProbe(ctx context.Context, path, binary string) (Demo, error) {
	return write(ctx, "probe image", path, binary, ProbeTag, v1.Config{
		User:       fmt.Sprintf("%d:%d", notebookUser, notebookUser),
		Env:        []string{"PATH=/"},
		Entrypoint: []string{binaryPath},
		StopSignal: "SIGTERM",
		Labels: map[string]string{
			"org.opencontainers.image.title":       "DockerDriver probe",
			"org.opencontainers.image.description": "Tries what containers on a notebook host must not reach",
		},
	})
}
