package probe

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// closed is an address of ours that refuses connections.
func closed(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return listener.Addr().String()
}

func TestReachTellsOfEveryTarget(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	open, shut := listener.Addr().String(), closed(t)
	for _, c := range []struct {
		why     string
		targets Targets
		reached []bool
		says    string // of the last
	}{
		{"nothing to reach", Targets{}, nil, ""},
		{"one that listens", Targets{Listening: []string{open}}, []bool{true}, "connected"},
		{"one that is known to listen refuses", Targets{Listening: []string{shut}}, []bool{false}, "refused"},
		{"a refusal where nobody knows who listens", Targets{Unproven: []string{shut}}, []bool{true}, "refused"},
		{"both", Targets{Unproven: []string{open}, Listening: []string{shut}}, []bool{true, false}, "refused"},
		{"a name", Targets{Listening: []string{"localhost:80"}}, []bool{false}, "ParseAddr"},
		{"no port", Targets{Listening: []string{"127.0.0.1"}}, []bool{false}, "missing port"},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			err := Reach(t.Context(), &out, "run", c.targets)
			lines := []Result{}
			for decoder := json.NewDecoder(&out); decoder.More(); {
				var line Result
				require.NoError(t, decoder.Decode(&line))
				lines = append(lines, line)
			}
			require.Equal(t, Result{Run: "run", Target: Control, Reached: true, Why: "connected"}, lines[0])
			some := false
			for i, target := range c.targets.All() {
				line := lines[i+1]
				require.Equal(t, target, line.Target)
				require.Equal(t, c.reached[i], line.Reached)
				some = some || line.Reached
			}
			require.Len(t, lines, 1+len(c.reached))
			require.Contains(t, lines[len(lines)-1].Why, c.says)
			if some {
				require.ErrorIs(t, err, ErrReached)
			} else {
				require.NoError(t, err)
			}
		})
	}
}

func TestReachThatDoesNotReachItselfTellsNothing(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out bytes.Buffer
	err := Reach(ctx, &out, "run", Targets{Listening: []string{closed(t)}})
	require.ErrorContains(t, err, "does not reach itself")
	require.NotErrorIs(t, err, ErrReached)
	require.Empty(t, out.String())
}

func TestTheGatewayIsThatOfTheDefaultRoute(t *testing.T) {
	t.Parallel()
	const head = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
	for _, c := range []struct{ why, routes, gateway, fails string }{
		{"a container's", head + "eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0\neth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n", "172.17.0.1", ""},
		{"no default route", head + "eth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n", "", "no default route"},
		{"nonsense", "eth0\t00000000\tZZ\n", "", `cannot read the gateway "ZZ"`},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			gateway, err := defaultGateway(strings.NewReader(c.routes))
			if c.fails != "" {
				require.ErrorContains(t, err, c.fails)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.gateway, gateway.String())
		})
	}
}

func TestNeighbourTellsItsPortAndAnswersUntilItsEnd(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	said, out := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- Listen(ctx, out, 0) }()
	var told Neighbour
	require.NoError(t, json.NewDecoder(said).Decode(&told))
	for _, address := range told.Addresses {
		require.False(t, net.ParseIP(address).IsLoopback())
	}
	answer, err := http.Get("http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(told.Port)))
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, http.StatusNoContent, answer.StatusCode)
	cancel()
	require.NoError(t, <-ended)
}
