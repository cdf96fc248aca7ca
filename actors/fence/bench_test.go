package fence_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/docker/dockertest"
	"dockerdriver/actors/fence"
	"dockerdriver/actors/images"
	"dockerdriver/actors/pool"
)

// BenchmarkHolds takes the whole program as the probe: cold an engine has to
// load it (the file is there), warm it has it.
func BenchmarkHolds(b *testing.B) {
	binary := filepath.Join(b.TempDir(), "dockerdriver")
	build := exec.CommandContext(b.Context(), "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", binary, "dockerdriver/cmd/dockerdriver")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	said, err := build.CombinedOutput()
	require.NoError(b, err, "%s", said)
	for _, kind := range []struct {
		name    string
		at      func() pool.Endpoint
		verdict func(error) bool
	}{
		{"emulated", func() pool.Endpoint { return emulated(b) }, func(err error) bool { return err == nil }},
		{
			"real", func() pool.Endpoint { return pool.Endpoint{URL: dockertest.RealEngine(b), Address: "127.0.0.1"} },
			func(err error) bool { return pool.CodeOf(err) == pool.CodeNotFenced },
		},
	} {
		s := newStage(b, kind.at(), binary)
		hold := func(b *testing.B) {
			b.Helper()
			err := s.holds(b.Context())
			require.True(b, kind.verdict(err), "%v", err)
		}
		hold(b)
		b.Run(kind.name+"/cold", func(b *testing.B) {
			for range b.N {
				b.StopTimer()
				forget(b, s.host.Endpoint.URL, images.ProbeTag)
				b.StartTimer()
				hold(b)
			}
		})
		b.Run(kind.name+"/first of a process", func(b *testing.B) {
			for range b.N {
				s.fence = fence.New(s.config) // looks at the file again
				hold(b)
			}
		})
		b.Run(kind.name+"/warm", func(b *testing.B) {
			for range b.N {
				hold(b)
			}
		})
		forget(b, s.host.Endpoint.URL, images.ProbeTag)
	}
}
