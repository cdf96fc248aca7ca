package httpapi

import (
	"context"
	"errors"
	"slices"
	"time"

	"dockerdriver/actors/pool"
)

// token is the JSON shape of pool.Token, without its secret.
type token struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	CreatedAt *time.Time `json:"created_at"`
	ExpiresAt *time.Time `json:"expires_at" doc:"null: no end"`
}

type newToken struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	CreatedAt *time.Time `json:"created_at"`
	ExpiresAt *time.Time `json:"expires_at" doc:"null: no end"`
	Token     string     `json:"token" doc:"The secret: shown this once"`
}

const (
	// maxTokens bounds what one user can store.
	maxTokens = 100
	// tokenLifetime is used when none is asked for.
	tokenLifetime = "30d"
)

func tokenOf(t pool.Token) token {
	return token{ID: t.ID, Name: t.Name, CreatedAt: when(t.CreatedAt), ExpiresAt: when(t.ExpiresAt)}
}

func (s *server) listTokens(ctx context.Context, _ *WholeInput) (*listOutput[token], error) {
	tokens, err := s.Tokens.TokensOf(ctx, callerOf(ctx).User.ID)
	if err != nil {
		return nil, err
	}
	items := make([]token, 0, len(tokens))
	for _, t := range tokens {
		items = append(items, tokenOf(t))
	}
	return whole(items), nil
}

type createTokenInput struct {
	Body struct {
		Name      string `json:"name" minLength:"1" maxLength:"128"`
		ExpiresIn string `json:"expires_in,omitempty" maxLength:"32" doc:"Days, hours and minutes, such as 30d or 1h 30m; 0m: no end; 30d when left out" example:"30d"`
	}
}

func (s *server) createToken(ctx context.Context, in *createTokenInput) (*bodyOutput[newToken], error) {
	owner := callerOf(ctx).User
	have, err := s.Tokens.TokensOf(ctx, owner.ID)
	if err != nil {
		return nil, err
	}
	if len(have) >= maxTokens {
		return nil, pool.Refuse(pool.CodeConflict, "You have 100 tokens.", "Delete some that you no longer use.")
	}
	lifetime := in.Body.ExpiresIn
	if lifetime == "" {
		lifetime = tokenLifetime
	}
	d, err := pool.ParseLifetime(lifetime)
	if err != nil {
		if e, ok := errors.AsType[*pool.Error](err); ok {
			return nil, pool.Invalid("expires_in", e.Message, e.Hint)
		}
		return nil, err
	}
	secret, made := mintToken(owner.ID, in.Body.Name, d)
	if err := s.Tokens.PutToken(ctx, made); err != nil {
		return nil, err
	}
	s.note(ctx, "token.create", made.ID, made.Name)
	return &bodyOutput[newToken]{Body: newToken{
		ID: made.ID, Name: made.Name, CreatedAt: when(made.CreatedAt), ExpiresAt: when(made.ExpiresAt), Token: secret,
	}}, nil
}

// mintToken makes a token; a lifetime of 0 has no end.
func mintToken(userID, name string, lifetime time.Duration) (secret string, t pool.Token) {
	secret = "dd_" + newSecret()
	t = pool.Token{ID: newID(), UserID: userID, Name: name, TokenHash: hashed(secret), CreatedAt: time.Now().UTC()}
	if lifetime > 0 {
		t.ExpiresAt = t.CreatedAt.Add(lifetime)
	}
	return secret, t
}

func (s *server) deleteToken(ctx context.Context, in *IDInput) (*emptyOutput, error) {
	tokens, err := s.Tokens.TokensOf(ctx, callerOf(ctx).User.ID)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(tokens, func(t pool.Token) bool { return t.ID == in.ID }) {
		return nil, notFound("token")
	}
	if err := s.Tokens.DeleteToken(ctx, in.ID); err != nil {
		return nil, unknownAs(err, notFound("token"))
	}
	s.note(ctx, "token.delete", in.ID, "")
	return nil, nil
}
