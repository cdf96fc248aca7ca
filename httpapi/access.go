package httpapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/rs/zerolog"

	"dockerdriver/actors/pool"
)

// access says who may call a route.
type access string

const (
	open  access = "open"  // anybody
	user  access = "user"  // whoever is logged in
	admin access = "admin" // administrators
)

// caller is who makes a request.
type caller struct {
	User    pool.User // zero when nobody is logged in
	Login   string    // TokenHash of the web UI's session; empty for a bearer token
	Address string    // IP address, for the audit log and the rate limit
}

type callerKey struct{}

// callerOf returns who makes the request; on open routes its User may be zero.
func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

// hashed is how a secret is stored: hex SHA-256. The secrets are 256 random
// bits, so nothing slower is needed.
func hashed(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// maxSecretLength bounds what is hashed for an unknown visitor.
const maxSecretLength = 256

func unauthenticated() *pool.Error {
	return pool.Refuse(pool.CodeUnauthenticated, "Nobody is logged in.", "Log in, or send Authorization: Bearer with a token.")
}

// identify finds out who makes a request. An Authorization header is taken
// alone: a request that brings one never acts by its cookie.
func (s *server) identify(r *http.Request) (caller, error) {
	c := caller{Address: addressOf(r)}
	var err error
	if header := r.Header.Get("Authorization"); header != "" {
		err = s.byToken(r.Context(), header, &c)
	} else {
		err = s.byCookie(r, &c)
	}
	if err != nil {
		return caller{Address: c.Address}, err
	}
	if c.User.Blocked {
		return caller{Address: c.Address}, pool.Refuse(pool.CodeUnauthenticated, "This account is blocked.", "Ask an administrator.")
	}
	return c, nil
}

func (s *server) byToken(ctx context.Context, header string, c *caller) error {
	scheme, secret, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") || secret == "" || len(secret) > maxSecretLength {
		return unauthenticated()
	}
	token, err := s.Tokens.TokenByHash(ctx, hashed(strings.TrimSpace(secret)))
	if err != nil {
		return unknownAs(err, unauthenticated())
	}
	if !token.ExpiresAt.IsZero() && !time.Now().Before(token.ExpiresAt) {
		return pool.Refuse(pool.CodeUnauthenticated, "The token has expired.", "Make a new one.")
	}
	account, err := s.Accounts.Account(ctx, token.UserID)
	if err != nil {
		return unknownAs(err, unauthenticated())
	}
	c.User = account.User
	return nil
}

func (s *server) byCookie(r *http.Request, c *caller) error {
	cookies := r.CookiesNamed(s.cookieName())
	switch {
	case len(cookies) == 0:
		return unauthenticated()
	case len(cookies) > 1:
		// A sibling site can toss a second cookie at us; which one is real cannot be told (peers.md 3d 3).
		return pool.Refuse(pool.CodeUnauthenticated, "The request has two session cookies.", "Delete this site's cookies and log in again.")
	case len(cookies[0].Value) > maxSecretLength:
		return unauthenticated()
	}
	login, err := s.Logins.Login(r.Context(), hashed(cookies[0].Value))
	if err != nil {
		return unknownAs(err, unauthenticated())
	}
	if !time.Now().Before(login.ExpiresAt) {
		return pool.Refuse(pool.CodeUnauthenticated, "The login has expired.", "Log in again.")
	}
	account, err := s.Accounts.Account(r.Context(), login.UserID)
	if err != nil {
		return unknownAs(err, unauthenticated())
	}
	c.User, c.Login = account.User, login.TokenHash
	return nil
}

// unknownAs words "not found" differently and lets other errors through.
func unknownAs(err error, as *pool.Error) error {
	if pool.CodeOf(err) == pool.CodeNotFound {
		return as
	}
	return err
}

// require is the gate in front of every handler of the table.
func (s *server) require(need access) func(huma.Context, func(huma.Context)) {
	return func(hctx huma.Context, next func(huma.Context)) {
		r, w := humachi.Unwrap(hctx)
		c, err := s.identify(r)
		if err == nil && need == admin && !c.User.IsAdmin() {
			err = pool.Refuse(pool.CodeForbidden, "Only administrators may do this.", "Ask one.")
		}
		if err != nil && need != open {
			p := problemOf(r.Context(), err)
			writeProblem(w, r, &pool.Error{Code: p.Code, Message: p.Detail, Hint: p.Hint})
			return
		}
		if c.User.ID != "" {
			zerolog.Ctx(r.Context()).UpdateContext(func(l zerolog.Context) zerolog.Context {
				return l.Str("user", c.User.ID)
			})
		}
		next(huma.WithValue(hctx, callerKey{}, c))
	}
}

// addressOf is the peer's IP address. Forwarded headers are not believed.
func addressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
