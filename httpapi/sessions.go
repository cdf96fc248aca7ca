package httpapi

import (
	"context"
	"net/http"
	"strings"
	"time"

	"dockerdriver/actors/pool"
)

// loginLifetime is how long a login lasts at most.
const loginLifetime = 7 * 24 * time.Hour

// cookieName is the web UI's session cookie. The prefix makes browsers refuse
// one that another site of the same domain sets, but needs https.
func (s *server) cookieName() string {
	if s.secure {
		return "__Host-dd_session"
	}
	return "dd_session"
}

func (s *server) sessionCookie(value string, maxAge int) string {
	c := http.Cookie{
		Name: s.cookieName(), Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode,
	}
	return c.String()
}

type loginInput struct {
	Body struct {
		Email    string `json:"email" minLength:"1" maxLength:"254"`
		Password string `json:"password" minLength:"1" maxLength:"256"`
	}
}

type loginOutput struct {
	SetCookie string `header:"Set-Cookie"`
	Body      me
}

func (s *server) login(ctx context.Context, in *loginInput) (*loginOutput, error) {
	before := callerOf(ctx)
	account, err := s.checkPassword(ctx, strings.ToLower(strings.TrimSpace(in.Body.Email)), in.Body.Password, before.Address)
	if err != nil {
		return nil, err
	}
	if before.Login != "" {
		if err := s.endLogin(ctx, before.Login); err != nil {
			return nil, err
		}
	}
	secret, now := newSecret(), time.Now().UTC()
	err = s.Logins.PutLogin(ctx, pool.LoginSession{
		TokenHash: hashed(secret), UserID: account.ID, CreatedAt: now, ExpiresAt: now.Add(loginLifetime),
	})
	if err != nil {
		return nil, err
	}
	s.note(withCaller(ctx, caller{User: account.User, Address: before.Address}), "login", account.ID, "")
	return &loginOutput{SetCookie: s.sessionCookie(secret, int(loginLifetime/time.Second)), Body: meOf(account.User)}, nil
}

// checkPassword returns the account that the words belong to. An unknown email
// costs the same time and says the same as a wrong password.
func (s *server) checkPassword(ctx context.Context, email, password, address string) (pool.Account, error) {
	if err := s.attempts.refuse(email, address); err != nil {
		return pool.Account{}, err
	}
	account, err := s.Accounts.AccountByEmail(ctx, email)
	if err != nil && pool.CodeOf(err) != pool.CodeNotFound {
		return pool.Account{}, err
	}
	known := err == nil && account.PasswordHash != ""
	hash := account.PasswordHash
	if !known {
		hash = s.passwords.nobody
	}
	matches, err := s.passwords.verify(ctx, password, hash)
	if err != nil {
		return pool.Account{}, err
	}
	// Asked again: others may have failed while this one waited for its turn.
	if err := s.attempts.refuse(email, address); err != nil {
		return pool.Account{}, err
	}
	if !known || !matches {
		s.attempts.failed(email, address)
		// Whose session the browser had before says nothing about who types.
		s.note(withCaller(ctx, caller{Address: address}), "login.failed", attempted(email), "")
		return pool.Account{}, pool.Refuse(pool.CodePasswordMismatch, "The email or the password is wrong.", "Check both; an administrator can set a new password.")
	}
	if account.Blocked {
		s.note(withCaller(ctx, caller{User: account.User, Address: address}), "login.blocked", account.ID, "")
		return pool.Account{}, pool.Refuse(pool.CodeForbidden, "This account is blocked.", "Ask an administrator.")
	}
	return account, nil
}

// attempted is what an audit entry may say of a failed login: people type
// their password into the wrong field.
func attempted(email string) string {
	if _, err := cleanEmail(email); err != nil {
		return "not an email address"
	}
	return email
}

type logoutOutput struct {
	SetCookie string `header:"Set-Cookie"`
}

func (s *server) logout(ctx context.Context, _ *emptyInput) (*logoutOutput, error) {
	c := callerOf(ctx)
	if c.Login == "" {
		return nil, pool.Refuse(pool.CodeConflict, "A bearer token is not a login.", "Delete the token instead.")
	}
	if err := s.endLogin(ctx, c.Login); err != nil {
		return nil, err
	}
	s.note(ctx, "logout", c.User.ID, "")
	return &logoutOutput{SetCookie: s.sessionCookie("", -1)}, nil
}

// endLogin ends a login and closes the notebooks that were opened from it.
func (s *server) endLogin(ctx context.Context, hash string) error {
	if err := s.Logins.DeleteLogin(ctx, hash); err != nil {
		return err
	}
	return s.Door.Revoke(ctx, pool.Revocation{Login: hash})
}

func withCaller(ctx context.Context, c caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}
