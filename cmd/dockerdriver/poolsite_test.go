package main

import (
	"net/http"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/emulator"
)

// poolPatience bounds each wait for a pool of emulated machines.
const poolPatience = 2 * time.Minute

func (s *site) set(key, value string) {
	s.Helper()
	status, answer := s.call(s.browser, http.MethodPut, "/variables/"+key, map[string]any{"value": value})
	require.Equal(s, http.StatusOK, status, answer)
}

// awaitHost waits for a host that is as wanted.
func (s *site) awaitHost(patience time.Duration, is func(map[string]any) bool) (found map[string]any) {
	s.Helper()
	require.Eventually(s, func() bool {
		_, list := s.call(s.browser, http.MethodGet, "/hosts", nil)
		for _, item := range list["items"].([]any) {
			if h := item.(map[string]any); is(h) {
				found = h
				return true
			}
		}
		return false
	}, patience, 100*time.Millisecond)
	return found
}

func (s *site) awaitHostState(state string) map[string]any {
	s.Helper()
	return s.awaitHost(poolPatience, func(h map[string]any) bool { return h["state"] == state })
}

// awaitDrained waits until nothing of the pool is left, and hands every look to see.
func (s *site) awaitDrained(see func(map[string]any)) {
	s.Helper()
	require.Eventually(s, func() bool {
		_, p := s.call(s.browser, http.MethodGet, "/pool", nil)
		if see != nil {
			see(p)
		}
		return p["state"] == "drained"
	}, poolPatience, 100*time.Millisecond)
}

// quickCloud is an emulated cloud that goes with the test, whose machines come at once.
func quickCloud(t testing.TB) *emulator.Emulator {
	t.Helper()
	there, err := emulator.Start(t.Context(), emulator.Config{
		StateDir: t.TempDir(), Log: zerolog.Nop(),
		Cloud: &emulator.CloudConfig{BuildDelay: 50 * time.Millisecond, BootDelay: 50 * time.Millisecond},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, there.Close()) })
	return there
}

// cloudHolds are the ids of what the cloud holds of hosts.
func cloudHolds(e *emulator.Emulator) (ids []string) {
	for _, s := range e.Cloud().Servers() {
		ids = append(ids, s.ID)
	}
	for _, v := range e.Cloud().Volumes() {
		ids = append(ids, v.ID)
	}
	for _, g := range e.Cloud().Groups() {
		if g.Name != "pb_server" && g.Name != "default" {
			ids = append(ids, g.ID)
		}
	}
	return ids
}
