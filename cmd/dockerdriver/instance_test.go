package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/cmd/dockerdriver/client"
)

func TestWhereAnInstanceStandsInAFewWords(t *testing.T) {
	t.Parallel()
	now := time.Now()
	ago := func(d time.Duration) *time.Time { at := now.Add(-d); return &at }
	for want, i := range map[string]client.Instance{
		"running":                   {State: "running", LastUsedAt: ago(179 * time.Second)},
		"running (idle for 3 min)":  {State: "running", LastUsedAt: ago(3 * time.Minute)},
		"running (idle for 12 min)": {State: "running", LastUsedAt: ago(12*time.Minute + 50*time.Second)},
		"running (idle for 90 min)": {State: "running", LastUsedAt: ago(90 * time.Minute)},
		"running (idle for 26 h)":   {State: "running", LastUsedAt: ago(26*time.Hour + 30*time.Minute)},
		"deleting":                  {State: "deleting", LastUsedAt: ago(time.Hour)},
		"failed (EXITED)":           {State: "failed", LastUsedAt: ago(time.Hour), Failure: &client.Failure{Code: "EXITED"}},
		"queueing (2: no room)":     {State: "queueing", Queue: &client.Queue{Position: 2, Reason: "no room"}},
		"provisioning (image)":      {State: "provisioning", Stage: "image"},
	} {
		require.Equal(t, want, standing(i, now))
	}
	require.Equal(t, "running", standing(client.Instance{State: "running"}, now), "nobody opened it yet")
}
