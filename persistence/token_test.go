package persistence

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

func TestTokenIsFoundByHashListedByAgeAndDeleted(t *testing.T) {
	t.Parallel()
	db := open(t, file(t))
	late := pool.Token{ID: "a", UserID: "ada", Name: "late", TokenHash: "h1", CreatedAt: noon.Add(time.Hour)}
	early := pool.Token{ID: "b", UserID: "ada", Name: "early", TokenHash: "h2", CreatedAt: noon}
	for _, token := range []pool.Token{late, early, {ID: "c", UserID: "bob", TokenHash: "h3"}} {
		require.NoError(t, db.PutToken(t.Context(), token))
	}
	found, err := db.TokenByHash(t.Context(), "h2")
	require.NoError(t, err)
	require.Equal(t, early, found)
	list, err := db.TokensOf(t.Context(), "ada")
	require.NoError(t, err)
	require.Equal(t, []pool.Token{early, late}, list)

	require.Equal(t, pool.CodeConflict, pool.CodeOf(db.PutToken(t.Context(), pool.Token{ID: "d", TokenHash: "h1"})))
	require.NoError(t, db.DeleteToken(t.Context(), "a"))
	require.Equal(t, pool.CodeNotFound, pool.CodeOf(db.DeleteToken(t.Context(), "a")))
	_, err = db.TokenByHash(t.Context(), "h1")
	require.Equal(t, pool.CodeNotFound, pool.CodeOf(err))
}
