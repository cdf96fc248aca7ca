package httpapi

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

func TestBackupsAreMadeAndListedByAdministratorsOnly(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	s.as("bob").do("POST", "/api/v1/backups", "").refused(t, 403, pool.CodeForbidden)
	s.as("bob").do("GET", "/api/v1/backups", "").refused(t, 403, pool.CodeForbidden)
	require.Empty(t, s.as("ann").do("GET", "/api/v1/backups", "").items())
	made := s.as("ann").do("POST", "/api/v1/backups", "").ok(t, 201)
	require.FileExists(t, made.text("path"))
	require.Empty(t, made.text("fault"))
	require.NoError(t, os.Truncate(made.text("path"), 100))
	listed := s.as("ann").do("GET", "/api/v1/backups", "").items()
	require.Len(t, listed, 1)
	require.NotEmpty(t, listed[0]["fault"], "a damaged one is told")
	require.Equal(t, "backup.make", s.as("ann").do("GET", "/api/v1/audit", "").items()[0]["action"])
}
