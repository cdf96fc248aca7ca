package httpapi

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

func TestUsersAreAddedChangedAndDeleted(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	ann := s.as("ann")
	a := ann.do("POST", "/api/v1/users", `{"email":"Dan@Example.org"}`).ok(t, 201)
	require.Equal(t, "dan@example.org", a.text("email"))
	require.Equal(t, "dan", a.text("name"))
	require.Equal(t, "user", a.text("role"))
	password, path := a.text("password"), "/api/v1/users/"+a.text("id")
	require.GreaterOrEqual(t, len(password), 20, "made and shown once")
	s.as("").do("POST", "/api/v1/sessions", credentials("dan@example.org", password)).ok(t, 201)
	conflict := ann.do("POST", "/api/v1/users", `{"email":"DAN@example.org"}`).refused(t, 409, pool.CodeConflict)
	require.Equal(t, "email", conflict.text("field"))

	list := ann.do("GET", "/api/v1/users", "").ok(t, 200)
	require.Len(t, list.items(), 4)
	require.NotContains(t, list.body, "argon2id")
	require.NotContains(t, list.body, "password")

	changed := ann.do("PATCH", path, `{"name":"Dan the man","role":"admin"}`).ok(t, 200)
	require.Equal(t, "admin", changed.text("role"))
	ann.do("DELETE", path, "").ok(t, 204)
	ann.do("DELETE", path, "").refused(t, 404, pool.CodeNotFound)
	require.Len(t, s.actions("user.create"), 1)
	require.Len(t, s.actions("user.update"), 1)
	require.Len(t, s.actions("user.delete"), 1)
}

func TestANewPasswordEndsOldLogins(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	browser := s.loggedIn("bob")
	s.as("ann").do("PATCH", "/api/v1/users/bob", `{"password":"a new password"}`).ok(t, 200)
	browser.do("GET", "/api/v1/me", "").refused(t, 401, pool.CodeUnauthenticated)
	s.as("").do("POST", "/api/v1/sessions", credentials("bob@example.org", testPassword)).ok(t, 401)
	s.as("").do("POST", "/api/v1/sessions", credentials("bob@example.org", "a new password")).ok(t, 201)
}

func TestDeletedUsersLeaveNothingRunning(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	id, bob := s.running("bob"), s.as("bob")
	s.as("ann").do("DELETE", "/api/v1/users/bob", "").ok(t, 204)
	require.Equal(t, pool.InstanceDeleted, s.pool.Snapshot().Instance(id).State)
	require.Contains(t, s.pool.revoked, pool.Revocation{UserID: "bob"})
	bob.do("GET", "/api/v1/me", "").refused(t, 401, pool.CodeUnauthenticated)
}

func TestTheLastAdministratorStays(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	secret, err := operatorToken(s)
	require.NoError(t, err)
	operator := s.as("")
	operator.header = map[string]string{"Authorization": "Bearer " + secret}
	for _, body := range []string{`{"role":"user"}`, `{"blocked":true}`} {
		operator.do("PATCH", "/api/v1/users/ann", body).refused(t, 409, pool.CodeConflict)
	}
	operator.do("DELETE", "/api/v1/users/ann", "").refused(t, 409, pool.CodeConflict)
	operator.do("PATCH", "/api/v1/users/system", `{"blocked":true}`).refused(t, 409, pool.CodeConflict)
	operator.do("DELETE", "/api/v1/users/system", "").refused(t, 409, pool.CodeConflict)
	operator.do("PATCH", "/api/v1/users/bob", `{"role":"admin"}`).ok(t, 200)
	s.as("ann").do("DELETE", "/api/v1/users/ann", "").refused(t, 409, pool.CodeConflict)
	s.as("bob").do("DELETE", "/api/v1/users/ann", "").ok(t, 204)
}

func TestFirstAdministratorIsMadeOnce(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	made, created, err := EnsureAdmin(t.Context(), s.db, "")
	require.NoError(t, err)
	require.True(t, created)
	require.NotEmpty(t, made)
	again, created, err := EnsureAdmin(t.Context(), s.db, "another password")
	require.NoError(t, err)
	require.False(t, created)
	require.Empty(t, again)
	a := s.as("").do("POST", "/api/v1/sessions", credentials(FirstAdmin, made)).ok(t, 201)
	require.Equal(t, "admin", a.text("role"))
}

func TestFirstAdministratorTakesTheGivenPassword(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	_, _, err := EnsureAdmin(t.Context(), s.db, "short")
	require.Equal(t, pool.CodeInvalid, pool.CodeOf(err))
	made, created, err := EnsureAdmin(t.Context(), s.db, "from the environment")
	require.NoError(t, err)
	require.True(t, created)
	require.Empty(t, made, "who gave it knows it")
	s.as("").do("POST", "/api/v1/sessions", credentials(FirstAdmin, "from the environment")).ok(t, 201)
}

func TestTokens(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	browser := s.loggedIn("bob")
	a := browser.do("POST", "/api/v1/tokens", `{"name":"laptop","expires_in":"1h"}`).ok(t, 201)
	script := s.as("")
	script.header = map[string]string{"Authorization": "Bearer " + a.text("token")}
	script.do("GET", "/api/v1/me", "").ok(t, 200)
	script.do("DELETE", "/api/v1/sessions/current", "").refused(t, 409, pool.CodeConflict)
	list := browser.do("GET", "/api/v1/tokens", "").ok(t, 200)
	require.Len(t, list.items(), 1)
	require.NotContains(t, list.body, a.text("token"))
	require.Nil(t, browser.do("POST", "/api/v1/tokens", `{"name":"forever","expires_in":"0m"}`).ok(t, 201).json["expires_at"])

	s.as("cat").do("DELETE", "/api/v1/tokens/"+a.text("id"), "").refused(t, 404, pool.CodeNotFound)
	browser.do("DELETE", "/api/v1/tokens/"+a.text("id"), "").ok(t, 204)
	script.do("GET", "/api/v1/me", "").refused(t, 401, pool.CodeUnauthenticated)
	require.NotContains(t, s.log.String(), a.text("token"))
}

func TestAUserHasABoundedNumberOfTokens(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	bob := s.as("bob")
	for range maxTokens - 1 {
		_, made := mintToken("bob", "one of many", 0)
		require.NoError(t, s.db.PutToken(t.Context(), made))
	}
	bob.do("POST", "/api/v1/tokens", `{"name":"one more"}`).refused(t, 409, pool.CodeConflict)
}

func operatorToken(s *site) (secret string, err error) {
	err = EnsureOperatorToken(s.t.Context(), s.db, s.db, func(made string) error {
		secret = made
		return nil
	})
	return secret, err
}

func TestOperatorTokenThatCannotBeKeptLeavesTheOneBefore(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	secret, err := operatorToken(s)
	require.NoError(t, err)
	full := errors.New("no space left on device")
	require.ErrorIs(t, EnsureOperatorToken(t.Context(), s.db, s.db, func(string) error { return full }), full)
	operator := s.as("")
	operator.header = map[string]string{"Authorization": "Bearer " + secret}
	operator.do("GET", "/api/v1/me", "").ok(t, 200)
}

func TestOperatorTokenReplacesTheOneBefore(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	var old string
	for range 2 {
		secret, err := operatorToken(s)
		require.NoError(t, err)
		operator := s.as("")
		operator.header = map[string]string{"Authorization": "Bearer " + secret}
		require.Equal(t, "admin", operator.do("GET", "/api/v1/me", "").ok(t, 200).text("role"))
		if old != "" {
			operator.header["Authorization"] = "Bearer " + old
			operator.do("GET", "/api/v1/me", "").refused(t, 401, pool.CodeUnauthenticated)
		}
		old = secret
	}
	left, err := s.db.TokensOf(t.Context(), systemID)
	require.NoError(t, err)
	require.Len(t, left, 1)
}
