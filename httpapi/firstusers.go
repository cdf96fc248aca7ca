package httpapi

import (
	"context"
	"fmt"
	"time"

	"dockerdriver/actors/pool"
)

const (
	// FirstAdmin is the email of the administrator that a new installation has.
	FirstAdmin = "admin@localhost"

	// systemID is the account that the server's own command line acts as.
	systemID          = "system"
	systemEmail       = "operator@localhost"
	operatorTokenName = "local operator"
)

// EnsureAdmin makes the first administrator if there is none of that email.
// An empty password is made at random and returned, to be shown once; an
// existing administrator keeps theirs.
func EnsureAdmin(ctx context.Context, accounts Accounts, password string) (made string, created bool, err error) {
	_, err = accounts.AccountByEmail(ctx, FirstAdmin)
	if err == nil {
		return "", false, nil
	}
	if pool.CodeOf(err) != pool.CodeNotFound {
		return "", false, fmt.Errorf("cannot look for the first administrator: %w", err)
	}
	if password == "" {
		made = newID()
		password = made
	}
	hash, err := hashPassword(password)
	if err != nil {
		return "", false, err
	}
	err = accounts.PutAccount(ctx, pool.Account{
		User:         pool.User{ID: newID(), Email: FirstAdmin, Name: "Administrator", Role: pool.RoleAdmin, CreatedAt: time.Now().UTC()},
		PasswordHash: hash,
	})
	if err != nil {
		return "", false, fmt.Errorf("cannot store the first administrator: %w", err)
	}
	return made, true, nil
}

// EnsureOperatorToken makes the bearer token that the command line on this
// machine uses, has keep put it where that finds it, and then ends the one before
// it: where any of this fails, that one is still good. It belongs to an account that
// nobody can log in with.
func EnsureOperatorToken(ctx context.Context, accounts Accounts, tokens Tokens, keep func(secret string) error) error {
	if err := ensureSystem(ctx, accounts); err != nil {
		return err
	}
	old, err := tokens.TokensOf(ctx, systemID)
	if err != nil {
		return fmt.Errorf("cannot read the operator's tokens: %w", err)
	}
	secret, made := mintToken(systemID, operatorTokenName, 0)
	if err := tokens.PutToken(ctx, made); err != nil {
		return fmt.Errorf("cannot store the operator's token: %w", err)
	}
	if err := keep(secret); err != nil {
		return err
	}
	for _, t := range old {
		if t.Name != operatorTokenName {
			continue
		}
		if err := tokens.DeleteToken(ctx, t.ID); err != nil {
			return fmt.Errorf("cannot end the operator's old token: %w", err)
		}
	}
	return nil
}

func ensureSystem(ctx context.Context, accounts Accounts) error {
	_, err := accounts.Account(ctx, systemID)
	if err == nil {
		return nil
	}
	if pool.CodeOf(err) != pool.CodeNotFound {
		return fmt.Errorf("cannot look for the operator's account: %w", err)
	}
	err = accounts.PutAccount(ctx, pool.Account{
		User: pool.User{ID: systemID, Email: systemEmail, Name: "Local operator", Role: pool.RoleAdmin, CreatedAt: time.Now().UTC()},
	})
	if err != nil {
		return fmt.Errorf("cannot store the operator's account: %w", err)
	}
	return nil
}
