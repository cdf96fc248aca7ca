package docker_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

func TestLaunchedNotebookAnswersOnItsTarget(t *testing.T) {
	tell(t, func(t *testing.T, s *stage) {
		spec := s.spec()
		started := s.launch(t, spec)
		require.True(t, started.Running)
		require.Equal(t, spec.Name, started.Name)
		require.Equal(t, spec.InstanceID, started.InstanceID)
		require.Equal(t, s.image.id, started.ImageID)

		require.Eventually(t, func() bool { return s.engines.Answers(t.Context(), started.Target) == nil }, patience, 20*time.Millisecond)
		answer, err := http.Get("http://" + started.Target)
		require.NoError(t, err)
		defer answer.Body.Close()
		said, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		require.Equal(t, "hello "+spec.InstanceID, string(said))

		require.Equal(t, started, s.find(t, started.ID), "a list tells the same as a start")
		again, err := s.engine.Start(t.Context(), started.ID)
		require.NoError(t, err, "a started one is success")
		require.Equal(t, started, again)
	})
}

func TestPortIsPublishedOnTheGivenAddressOnly(t *testing.T) {
	tell(t, func(t *testing.T, s *stage) {
		started := s.launch(t, s.spec())
		host, port, err := net.SplitHostPort(started.Target)
		require.NoError(t, err)
		require.Equal(t, "127.0.0.1", host)

		found, err := s.bare.ContainerInspect(t.Context(), started.ID)
		require.NoError(t, err)
		published := 0
		for _, bindings := range found.NetworkSettings.Ports {
			published += len(bindings)
		}
		require.Equal(t, 1, published, "the image's other port stays inside")
		for _, other := range otherAddresses(t) {
			conn, err := net.DialTimeout("tcp", net.JoinHostPort(other, port), time.Second)
			if err == nil {
				conn.Close()
			}
			require.Error(t, err, "the port is open on %s", other)
		}

		everywhere := s.spec()
		everywhere.Address = "0.0.0.0"
		_, err = s.engine.Create(t.Context(), everywhere)
		require.ErrorContains(t, err, "not one address of the host")
	})
}

func otherAddresses(t *testing.T) (found []string) {
	t.Helper()
	all, err := net.InterfaceAddrs()
	require.NoError(t, err)
	for _, a := range all {
		if ip, ok := a.(*net.IPNet); ok && !ip.IP.IsLoopback() && ip.IP.To4() != nil {
			found = append(found, ip.IP.String())
		}
	}
	return found
}

func TestContainerIsHardened(t *testing.T) {
	tell(t, func(t *testing.T, s *stage) {
		spec := s.spec()
		spec.Capabilities = []string{"KILL", "CHOWN"}
		id, err := s.engine.Create(t.Context(), spec)
		require.NoError(t, err)
		found, err := s.bare.ContainerInspect(t.Context(), id)
		require.NoError(t, err)

		require.Equal(t, map[string]string{
			"pb.installation": s.installation, "pb.instance": spec.InstanceID, "pb.slots": "1",
		}, found.Config.Labels)
		limits := found.HostConfig
		require.EqualValues(t, 64<<20, limits.Memory)
		if limits.MemorySwap != -1 { // what an engine without swap accounting makes of it
			require.EqualValues(t, 64<<20, limits.MemorySwap, "no swap on top")
		}
		require.EqualValues(t, 500_000_000, limits.NanoCPUs)
		require.NotNil(t, limits.PidsLimit)
		require.EqualValues(t, 64, *limits.PidsLimit)
		require.Equal(t, []string{"ALL"}, []string(limits.CapDrop))
		require.Equal(t, []string{"CAP_CHOWN", "CAP_KILL"}, []string(limits.CapAdd))
		require.Len(t, limits.Ulimits, 1)
		require.Equal(t, "nofile=16384:16384", limits.Ulimits[0].String())
		require.Contains(t, limits.SecurityOpt, "no-new-privileges")
		require.Equal(t, "json-file", limits.LogConfig.Type)
		require.Equal(t, map[string]string{"max-size": "10m", "max-file": "2"}, limits.LogConfig.Config)
		require.NotNil(t, limits.Init)
		require.True(t, *limits.Init)
		require.Contains(t, []container.RestartPolicyMode{"", container.RestartPolicyDisabled}, limits.RestartPolicy.Name)
		require.False(t, limits.Privileged)
		require.False(t, limits.PublishAllPorts)
		require.Empty(t, limits.Binds)
		require.Empty(t, limits.Mounts)
		require.Empty(t, found.Mounts)
	})
}

func TestProgramHasNoRightsButThoseOfItsBlueprint(t *testing.T) {
	for _, c := range []struct {
		why, effective string
		given          []string
	}{
		{"none by default", "CapEff: 0000000000000000", nil},
		{"one given back", "CapEff: 0000000000000020", []string{"KILL"}},
	} {
		t.Run(c.why, func(t *testing.T) {
			tell(t, func(t *testing.T, s *stage) {
				spec := s.spec("rights")
				spec.Capabilities = c.given
				started := s.launch(t, spec)
				s.awaitEnd(t, started.ID)
				said, err := s.engine.Logs(t.Context(), started.ID, 10)
				require.NoError(t, err)
				require.Contains(t, said, c.effective)
				require.Contains(t, said, strings.Replace(c.effective, "Eff", "Bnd", 1))
				require.Contains(t, said, "NoNewPrivs: 1")
				if s.isReal { // the emulated engine applies no ulimits
					require.Contains(t, said, "nofile 16384")
				}
			})
		})
	}
}

func TestProgramThatExitsAtOnceLeavesItsCodeAndWords(t *testing.T) {
	tell(t, func(t *testing.T, s *stage) {
		started := s.launch(t, s.spec("exit", "3"))
		ended := s.awaitEnd(t, started.ID)
		require.Equal(t, 3, ended.ExitCode)
		require.False(t, ended.OOMKilled)
		require.Empty(t, ended.Target)
		said, err := s.engine.Logs(t.Context(), started.ID, 20)
		require.NoError(t, err)
		require.ElementsMatch(t, []string{"words to stdout", "words to stderr"}, said)
	})
}

func TestProgramThatIsNotInTheImageIsToldInWords(t *testing.T) {
	tell(t, func(t *testing.T, s *stage) {
		image, err := imageWithoutProgram()
		require.NoError(t, err)
		require.NoError(t, loadOnce(s.engine, s.at.URL, image))
		spec := s.spec()
		spec.ImageID = image.id
		id, err := s.engine.Create(t.Context(), spec)
		require.NoError(t, err)
		started, err := s.engine.Start(t.Context(), id)
		if err != nil {
			require.Equal(t, pool.CodeStartFailed, pool.CodeOf(err))
			require.ErrorContains(t, err, "launch command")
			return
		}
		ended := s.awaitEnd(t, started.ID)
		require.Equal(t, 127, ended.ExitCode)
		require.Contains(t, ended.Error, "No such file or directory")
	})
}

func TestProgramThatTakesTooMuchMemoryIsKilledAndKnown(t *testing.T) {
	tell(t, func(t *testing.T, s *stage) {
		for try := 1; ; try++ {
			started := s.launch(t, s.spec("eat", "512"))
			ended := s.awaitEnd(t, started.ID)
			require.Equal(t, 137, ended.ExitCode)
			if ended.OOMKilled {
				return
			}
			// An engine that hears of the end first forgets its reason; the event
			// then tells it, which is what actors go by.
			require.Less(t, try, 5, "the engine never noticed")
		}
	})
}
