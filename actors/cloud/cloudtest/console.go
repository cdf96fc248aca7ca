package cloudtest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

// bootLimit is how long a machine may take to write its first lines.
const bootLimit = 3 * time.Minute

func readsConsole(t *testing.T, cloud Cloud, host pool.Host) {
	machine, _ := build(t, cloud, host)
	host.Cloud, host.Endpoint = machine.Resources, machine.Endpoint
	text, missing, err := cloud.Console(t.Context(), host, 400)
	require.NoError(t, err)
	if hasNothing(machine.Resources) {
		require.Equal(t, pool.ConsoleNone, missing, "the machine's console is its owner's")
		require.Empty(t, text)
		return
	}
	require.Eventually(t, func() bool {
		text, missing, err = cloud.Console(t.Context(), host, 400)
		return err == nil && missing == "" && len(strings.Split(strings.TrimSpace(text), "\n")) > 2
	}, bootLimit, 50*time.Millisecond, "it writes nothing")
	end, missing, err := cloud.Console(t.Context(), host, 2)
	require.NoError(t, err)
	if missing == "" { // else the last two lines are empty ones
		require.LessOrEqual(t, len(strings.Split(strings.TrimSuffix(end, "\n"), "\n")), 2)
	}
}

func missesConsole(t *testing.T, cloud Cloud, host pool.Host) {
	text, missing, err := cloud.Console(t.Context(), host, 10)
	require.NoError(t, err)
	require.Empty(t, text)
	require.Contains(t, []pool.ConsoleMissing{pool.ConsoleNone, pool.ConsoleNotYet}, missing)
	machine, _ := build(t, cloud, host)
	host.Cloud = machine.Resources
	require.NoError(t, cloud.Release(t.Context(), host))
	text, missing, err = cloud.Console(t.Context(), host, 10)
	require.NoError(t, err)
	require.Empty(t, text)
	if hasNothing(machine.Resources) {
		require.Equal(t, pool.ConsoleNone, missing)
		return
	}
	require.Equal(t, pool.ConsoleGone, missing)
}

func cancelsConsole(t *testing.T, cloud Cloud, host pool.Host) {
	machine, _ := build(t, cloud, host)
	host.Cloud = machine.Resources
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	begun := time.Now()
	_, missing, err := cloud.Console(ctx, host, 10)
	require.Less(t, time.Since(begun), cancelLimit)
	if hasNothing(machine.Resources) {
		require.Equal(t, pool.ConsoleNone, missing)
		return
	}
	require.ErrorIs(t, err, context.Canceled)
}
