package httpapi

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

func credentials(email, password string) string {
	return fmt.Sprintf(`{"email":%q,"password":%q}`, email, password)
}

func TestLoginGivesABrowserItsSessionUntilLogout(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	visitor := s.as("")
	a := visitor.do("POST", "/api/v1/sessions", credentials(" Bob@Example.org ", testPassword)).ok(t, 201)
	require.Equal(t, "bob@example.org", a.text("email"))
	require.Equal(t, "user", a.text("role"))
	cookie, err := http.ParseSetCookie(a.header.Get("Set-Cookie"))
	require.NoError(t, err)
	require.Equal(t, "dd_session", cookie.Name)
	require.True(t, cookie.HttpOnly)
	require.False(t, cookie.Secure)
	require.Equal(t, http.SameSiteLaxMode, cookie.SameSite)
	require.Equal(t, "/", cookie.Path)
	_, err = s.db.Login(t.Context(), cookie.Value)
	require.Error(t, err, "the cookie's value itself is stored nowhere")
	require.NotContains(t, s.log.String(), cookie.Value)

	visitor.header = map[string]string{"Cookie": "dd_session=" + cookie.Value}
	require.Equal(t, "bob", visitor.do("GET", "/api/v1/me", "").ok(t, 200).text("id"))

	out := visitor.do("DELETE", "/api/v1/sessions/current", "").ok(t, 204)
	require.Contains(t, out.header.Get("Set-Cookie"), "Max-Age=0")
	visitor.do("GET", "/api/v1/me", "").refused(t, 401, pool.CodeUnauthenticated)
	require.Equal(t, []pool.Revocation{{Login: hashed(cookie.Value)}}, s.pool.revoked, "notebooks opened from it are closed")
}

func TestLoginOverHTTPSUsesAHostCookie(t *testing.T) {
	t.Parallel()
	s := startSite(t, func(c *Config) { c.PublicURL = "https://hub.example.org" })
	a := s.as("").do("POST", "/api/v1/sessions", credentials("bob@example.org", testPassword)).ok(t, 201)
	cookie, err := http.ParseSetCookie(a.header.Get("Set-Cookie"))
	require.NoError(t, err)
	require.Equal(t, "__Host-dd_session", cookie.Name)
	require.True(t, cookie.Secure)
	require.NotEmpty(t, a.header.Get("Strict-Transport-Security"))
}

func TestLoginAgainEndsTheLoginBefore(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	first := s.loggedIn("bob")
	first.do("POST", "/api/v1/sessions", credentials("bob@example.org", testPassword)).ok(t, 201)
	first.do("GET", "/api/v1/me", "").refused(t, 401, pool.CodeUnauthenticated)
}

func TestLoginIsRefusedInTheSameWordsWhoeverAsks(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	_, err := operatorToken(s)
	require.NoError(t, err)
	var details []string
	for reason, body := range map[string]string{
		"wrong password":             credentials("bob@example.org", "not the password"),
		"unknown email":              credentials("nobody@example.org", testPassword),
		"an account without any":     credentials(systemEmail, testPassword),
		"the email of nobody at all": credentials("x", testPassword),
	} {
		a := s.as("").do("POST", "/api/v1/sessions", body).refused(t, 401, pool.CodePasswordMismatch)
		require.Empty(t, a.header.Get("Set-Cookie"), reason)
		details = append(details, a.text("detail")+a.text("hint"))
	}
	for _, d := range details {
		require.Equal(t, details[0], d)
	}
}

func TestUnknownEmailsCostAHashOfTheSamePrice(t *testing.T) {
	t.Parallel()
	p, err := newPasswords()
	require.NoError(t, err)
	stored, err := testHash()
	require.NoError(t, err)
	parameters := func(hash string) string { return strings.Join(strings.Split(hash, "$")[:4], "$") }
	require.Equal(t, parameters(stored), parameters(p.nobody))
	require.Contains(t, p.nobody, "$m=19456,t=2,p=1")
}

func TestBlockedUsersAreOut(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	browser, script, admin := s.loggedIn("bob"), s.as("bob"), s.as("ann")
	admin.do("PATCH", "/api/v1/users/bob", `{"blocked":true}`).ok(t, 200)
	browser.do("GET", "/api/v1/me", "").refused(t, 401, pool.CodeUnauthenticated)
	script.do("GET", "/api/v1/me", "").refused(t, 401, pool.CodeUnauthenticated)
	s.as("").do("POST", "/api/v1/sessions", credentials("bob@example.org", testPassword)).refused(t, 403, pool.CodeForbidden)
	require.Contains(t, s.pool.revoked, pool.Revocation{UserID: "bob"})

	admin.do("PATCH", "/api/v1/users/bob", `{"blocked":false}`).ok(t, 200)
	script.do("GET", "/api/v1/me", "").ok(t, 200)
	browser.do("GET", "/api/v1/me", "").refused(t, 401, pool.CodeUnauthenticated)
}

func TestTheAuditLogNamesWhoTriedToLogIn(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	_, err := operatorToken(s)
	require.NoError(t, err)
	s.as("ann").do("PATCH", "/api/v1/users/bob", `{"blocked":true}`).ok(t, 200)
	s.as("").do("POST", "/api/v1/sessions", credentials("bob@example.org", testPassword)).ok(t, 403)
	blocked := s.actions("login.blocked")
	require.Len(t, blocked, 1)
	require.Equal(t, "bob", blocked[0]["actor"])
	require.Equal(t, "bob@example.org", blocked[0]["actor_email"])

	s.loggedIn("cat").do("POST", "/api/v1/sessions", credentials("ann@example.org", "not the password")).ok(t, 401)
	failed := s.actions("login.failed")
	require.Len(t, failed, 1)
	require.Empty(t, failed[0]["actor"], "nobody has been shown to be anybody")
	require.Empty(t, failed[0]["actor_email"])
	require.Equal(t, "ann@example.org", failed[0]["target"])
}

func TestTheAuditLogKeepsTheNamesOfWhoIsGone(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	s.as("bob").do("POST", "/api/v1/tokens", `{"name":"script"}`).ok(t, 201)
	require.NoError(t, s.db.AppendAudit(t.Context(), pool.AuditEntry{At: time.Now(), Actor: "cat", Action: "old"}))
	s.as("ann").do("DELETE", "/api/v1/users/bob", "").ok(t, 204)
	require.Equal(t, "bob@example.org", s.actions("token.create")[0]["actor_email"])
	require.Equal(t, "cat@example.org", s.actions("old")[0]["actor_email"], "entries of older versions have no email")
}

func TestFailedLoginsAreLimited(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	visitor := s.as("")
	failed := 0
	for ; ; failed++ { // on a slow machine some come back meanwhile
		require.Less(t, failed, 5*accountBurst, "failed logins are never limited")
		a := visitor.do("POST", "/api/v1/sessions", credentials("bob@example.org", "wrong password"))
		if a.status == 429 {
			break
		}
		a.ok(t, 401)
	}
	require.GreaterOrEqual(t, failed, accountBurst)
	a := visitor.do("POST", "/api/v1/sessions", credentials("bob@example.org", testPassword)).refused(t, 429, pool.CodeRateLimited)
	require.NotEmpty(t, a.header.Get("Retry-After"))
	visitor.do("POST", "/api/v1/sessions", credentials("cat@example.org", testPassword)).ok(t, 201)
}

func TestLimitersHoldTheirBounds(t *testing.T) {
	t.Parallel()
	now := time.Now()
	l := newLimiters(2, time.Minute)
	l.spend("a", now)
	require.Zero(t, l.wait("a", now))
	l.spend("a", now)
	require.InDelta(t, time.Minute, l.wait("a", now), float64(time.Second), "the burst is used up")
	require.Zero(t, l.wait("a", now.Add(61*time.Second)), "it comes back with time")

	for n := range maxLimiters + 10 {
		l.spend(fmt.Sprint("stranger ", n), now)
	}
	require.LessOrEqual(t, len(l.byKey), maxLimiters)
	require.NotZero(t, l.wait("one more", now), "further keys share one limiter")
	later := now.Add(time.Hour)
	l.spend("one more", later)
	require.Len(t, l.byKey, 1, "keys that have nothing to wait for make room")
}

func TestAddressesOfOneNetworkCountTogether(t *testing.T) {
	t.Parallel()
	require.Equal(t, networkOf("2001:db8::1"), networkOf("2001:db8::ffff:1"))
	require.NotEqual(t, networkOf("2001:db8::1"), networkOf("2001:db8:0:1::1"))
	require.NotEqual(t, networkOf("192.0.2.1"), networkOf("192.0.2.2"))
	require.Equal(t, "::ffff:192.0.2.1", networkOf("::ffff:192.0.2.1"))
	require.Equal(t, "no address", networkOf("no address"))
}

func TestLoginsWaitForTheirTurnButNotForEver(t *testing.T) {
	t.Parallel()
	p, err := newPasswords()
	require.NoError(t, err)
	synctest.Test(t, func(t *testing.T) {
		p := &passwords{turns: make(chan struct{}, hashesAtOnce), nobody: p.nobody}
		var done []func()
		for range hashesAtOnce {
			free, err := p.turn(t.Context())
			require.NoError(t, err)
			done = append(done, free)
		}
		began := time.Now()
		_, err := p.turn(t.Context())
		require.Equal(t, pool.CodeUnavailable, pool.CodeOf(err))
		require.Equal(t, hashPatience, time.Since(began))
		done[0]()
		_, err = p.turn(t.Context())
		require.NoError(t, err)
	})
}

func TestIdentityOfARequest(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	browser := s.loggedIn("bob")
	cookie := browser.header["Cookie"]
	secret, expired := mintToken("bob", "old", time.Hour)
	expired.ExpiresAt = time.Now().Add(-time.Second)
	require.NoError(t, s.db.PutToken(t.Context(), expired))
	require.NoError(t, s.db.PutLogin(t.Context(), pool.LoginSession{
		TokenHash: hashed("old login"), UserID: "bob", ExpiresAt: time.Now().Add(-time.Second),
	}))
	orphan, ofNobody := mintToken("gone", "of nobody", 0)
	require.NoError(t, s.db.PutToken(t.Context(), ofNobody))
	for reason, header := range map[string][]string{
		"no credentials":          {},
		"unknown cookie":          {"Cookie", "dd_session=unknown"},
		"endless cookie":          {"Cookie", "dd_session=" + strings.Repeat("x", 4000)},
		"two session cookies":     {"Cookie", cookie + "; " + cookie},
		"expired login":           {"Cookie", "dd_session=old login"},
		"unknown token":           {"Authorization", "Bearer unknown"},
		"no token":                {"Authorization", "Bearer "},
		"another scheme":          {"Authorization", "Basic Ym9iOmJvYg=="},
		"expired token":           {"Authorization", "Bearer " + secret},
		"token of a deleted user": {"Authorization", "Bearer " + orphan},
		"bad token beside a good cookie: no falling": {"Authorization", "Bearer unknown", "Cookie", cookie},
	} {
		t.Run(reason, func(t *testing.T) {
			s.as("").do("GET", "/api/v1/me", "", header...).refused(t, 401, pool.CodeUnauthenticated)
		})
	}
}

func TestWritesFromOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	browser, script := s.loggedIn("bob"), s.as("bob")
	for reason, header := range map[string][]string{
		"another site":          {"Sec-Fetch-Site", "cross-site"},
		"a notebook's origin":   {"Sec-Fetch-Site", "same-site", "Origin", "https://label1.localhost:8443"},
		"an old browser's page": {"Origin", "https://evil.example"},
	} {
		t.Run(reason, func(t *testing.T) {
			browser.do("POST", "/api/v1/tokens", `{"name":"stolen"}`, header...).refused(t, 403, codeCrossOrigin)
			browser.do("DELETE", "/api/v1/sessions/current", "", header...).refused(t, 403, codeCrossOrigin)
			s.as("").do("POST", "/api/v1/sessions", credentials("bob@example.org", testPassword), header...).refused(t, 403, codeCrossOrigin)
			script.do("POST", "/api/v1/tokens", `{"name":"by script"}`, header...).ok(t, 201)
		})
	}
	browser.do("POST", "/api/v1/tokens", `{"name":"own page"}`, "Sec-Fetch-Site", "same-origin").ok(t, 201)
	browser.do("POST", "/api/v1/tokens", `{"name":"own page, old browser"}`, "Origin", s.url).ok(t, 201)
}
