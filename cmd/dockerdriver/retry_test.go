package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatWasSetAsideIsTriedAgainByItsName(t *testing.T) {
	t.Parallel()
	const retryAt = "POST /pool/set-aside/Host-h1/retry"
	a := start(t, map[string][]string{retryAt: {`{"state":"running","set_aside":[]}`}})
	r := a.call(t, "retry", "Host-h1")
	require.Equal(t, exitDone, r.code, r.err)
	require.Equal(t, "Host-h1 is tried again; status tells if it is set aside anew\n", r.out)
	a = start(t, map[string][]string{retryAt: {`404 {"status":404,"detail":"No actor Host-h1 is set aside.","code":"NOT_FOUND"}`}})
	r = a.call(t, "retry", "Host-h1")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.err, "cannot try Host-h1 again")
	require.Contains(t, r.err, "No actor Host-h1 is set aside.")
}
