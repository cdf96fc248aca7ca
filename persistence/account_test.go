package persistence

import (
	"testing"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

func person(id, email string) pool.Account {
	return pool.Account{User: pool.User{ID: id, Email: email, Role: pool.RoleUser, CreatedAt: noon}, PasswordHash: "$argon2id$" + id}
}

func TestAccountIsFoundByIDAndByEmailInAnyCase(t *testing.T) {
	t.Parallel()
	db := open(t, file(t))
	require.NoError(t, db.PutAccount(t.Context(), person("u1", " Ada@Example.org ")))
	byID, err := db.Account(t.Context(), "u1")
	require.NoError(t, err)
	require.Equal(t, person("u1", "ada@example.org"), byID)
	byEmail, err := db.AccountByEmail(t.Context(), "ADA@example.ORG")
	require.NoError(t, err)
	require.Equal(t, byID, byEmail)
}

func TestEmailBelongsToOneAccount(t *testing.T) {
	t.Parallel()
	db := open(t, file(t))
	require.NoError(t, db.PutAccount(t.Context(), person("u1", "ada@x")))
	err := db.PutAccount(t.Context(), person("u2", "ADA@x"))
	require.Equal(t, pool.CodeConflict, pool.CodeOf(err))
	_, err = db.Account(t.Context(), "u2")
	require.Equal(t, pool.CodeNotFound, pool.CodeOf(err))
}

func TestEmailIsFreeAgainAfterAChangeAndAfterDeletion(t *testing.T) {
	t.Parallel()
	db := open(t, file(t))
	require.NoError(t, db.PutAccount(t.Context(), person("u1", "old@x")))
	require.NoError(t, db.PutAccount(t.Context(), person("u1", "new@x")))
	require.NoError(t, db.PutAccount(t.Context(), person("u2", "old@x")))
	require.NoError(t, db.DeleteAccount(t.Context(), "u1"))
	require.NoError(t, db.PutAccount(t.Context(), person("u3", "new@x")))
	list, err := db.Accounts(t.Context())
	require.NoError(t, err)
	require.Equal(t, []pool.Account{person("u3", "new@x"), person("u2", "old@x")}, list)
}

func TestAccountWithoutEmailIsRefused(t *testing.T) {
	t.Parallel()
	require.Equal(t, pool.CodeInvalid, pool.CodeOf(open(t, file(t)).PutAccount(t.Context(), person("u1", " "))))
}

func TestAccountGoesWithItsLoginsAndTokens(t *testing.T) {
	t.Parallel()
	db := open(t, file(t))
	for _, u := range []string{"u1", "u2"} {
		require.NoError(t, db.PutAccount(t.Context(), person(u, u+"@x")))
		require.NoError(t, db.PutLogin(t.Context(), pool.LoginSession{TokenHash: "login-" + u, UserID: u}))
		require.NoError(t, db.PutToken(t.Context(), pool.Token{ID: "t-" + u, UserID: u, TokenHash: "hash-" + u}))
	}
	require.NoError(t, db.DeleteAccount(t.Context(), "u1"))

	_, err := db.Login(t.Context(), "login-u1")
	require.Equal(t, pool.CodeNotFound, pool.CodeOf(err))
	_, err = db.TokenByHash(t.Context(), "hash-u1")
	require.Equal(t, pool.CodeNotFound, pool.CodeOf(err))
	_, err = db.AccountByEmail(t.Context(), "u1@x")
	require.Equal(t, pool.CodeNotFound, pool.CodeOf(err))
	require.Equal(t, pool.CodeNotFound, pool.CodeOf(db.DeleteAccount(t.Context(), "u1")))

	_, err = db.Login(t.Context(), "login-u2")
	require.NoError(t, err)
	_, err = db.TokenByHash(t.Context(), "hash-u2")
	require.NoError(t, err)
}
