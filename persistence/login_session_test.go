package persistence

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

func TestLoginsEndOneByOneByUserAndByTime(t *testing.T) {
	t.Parallel()
	db := open(t, file(t))
	login := func(hash, user string, lasts time.Duration) {
		require.NoError(t, db.PutLogin(t.Context(), pool.LoginSession{
			TokenHash: hash, UserID: user, CreatedAt: noon, ExpiresAt: noon.Add(lasts),
		}))
	}
	gone := func(hash string) bool {
		_, err := db.Login(t.Context(), hash)
		return pool.CodeOf(err) == pool.CodeNotFound && err != nil
	}
	login("a1", "ada", time.Hour)
	login("a2", "ada", time.Hour)
	login("b1", "bob", time.Minute)
	login("c1", "cyd", time.Hour)

	require.NoError(t, db.DeleteLogin(t.Context(), "c1"))
	require.NoError(t, db.DeleteLogin(t.Context(), "c1"), "once more is success")
	require.True(t, gone("c1"))

	n, err := db.PurgeLogins(t.Context(), noon.Add(time.Minute))
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.True(t, gone("b1"))
	require.False(t, gone("a1"))

	require.NoError(t, db.DeleteLoginsOf(t.Context(), "ada"))
	require.True(t, gone("a1") && gone("a2"))
}
