package persistence

import (
	"cmp"
	"context"
	"slices"
	"strings"

	bolt "go.etcd.io/bbolt"

	"dockerdriver/actors/pool"
)

var accounts = table[pool.Account]{name: "accounts", key: func(a pool.Account) string { return a.ID }}

// accountsByEmail leads from the lower-case email to the id.
const accountsByEmail = "accounts_by_email"

// Account returns the account of a user id, or CodeNotFound.
func (db *DB) Account(ctx context.Context, id string) (pool.Account, error) {
	var account pool.Account
	err := db.view(ctx, "read an account", func(tx *bolt.Tx) (err error) {
		account, err = accountOf(tx, id)
		return err
	})
	return account, err
}

// AccountByEmail returns the account with that email, in any case, or CodeNotFound.
func (db *DB) AccountByEmail(ctx context.Context, email string) (pool.Account, error) {
	var account pool.Account
	err := db.view(ctx, "read an account", func(tx *bolt.Tx) (err error) {
		id := tx.Bucket([]byte(accountsByEmail)).Get([]byte(emailKey(email)))
		account, err = accountOf(tx, string(id))
		return err
	})
	return account, err
}

// Accounts returns all accounts by email.
func (db *DB) Accounts(ctx context.Context) ([]pool.Account, error) {
	var list []pool.Account
	err := db.view(ctx, "list the accounts", func(tx *bolt.Tx) (err error) {
		list, err = accounts.all(tx, nil)
		return err
	})
	slices.SortFunc(list, func(a, b pool.Account) int { return cmp.Compare(a.Email, b.Email) })
	return list, err
}

// PutAccount stores an account, new or changed, with its email in lower case.
// An email that another account has is CodeConflict.
func (db *DB) PutAccount(ctx context.Context, account pool.Account) error {
	account.Email = emailKey(account.Email)
	if account.ID == "" || account.Email == "" {
		return pool.Invalid("email", "The user has no email.", "Give one.")
	}
	writes, err := accounts.put(account)
	if err != nil {
		return err
	}
	writes = append(writes, write{bucket: accountsByEmail, key: account.Email, value: []byte(account.ID)})
	return db.batch(ctx, "store an account", func(tx *bolt.Tx) error {
		index := tx.Bucket([]byte(accountsByEmail))
		if owner := index.Get([]byte(account.Email)); owner != nil && string(owner) != account.ID {
			return &pool.Error{
				Code: pool.CodeConflict, Field: "email",
				Message: "There is a user with the email " + account.Email + " already.", Hint: "Choose another email.",
			}
		}
		before, found, err := accounts.get(tx, account.ID)
		if err != nil {
			return err
		}
		if found && before.Email != account.Email {
			if err := index.Delete([]byte(before.Email)); err != nil {
				return err
			}
		}
		return apply(tx, writes)
	})
}

// DeleteAccount removes an account with its login sessions and tokens. One that
// is not there is CodeNotFound.
func (db *DB) DeleteAccount(ctx context.Context, id string) error {
	return db.batch(ctx, "delete an account", func(tx *bolt.Tx) error {
		account, err := accountOf(tx, id)
		if err != nil {
			return err
		}
		sessions, err := loginSessions.all(tx, func(s pool.LoginSession) bool { return s.UserID == id })
		if err != nil {
			return err
		}
		owned, err := tokens.all(tx, func(t pool.Token) bool { return t.UserID == id })
		if err != nil {
			return err
		}
		writes := append(accounts.drop(id), write{bucket: accountsByEmail, key: account.Email})
		for _, s := range sessions {
			writes = append(writes, loginSessions.drop(s.TokenHash)...)
		}
		for _, t := range owned {
			writes = append(writes, dropToken(t)...)
		}
		return apply(tx, writes)
	})
}

func accountOf(tx *bolt.Tx, id string) (pool.Account, error) {
	account, found, err := accounts.get(tx, id)
	if err == nil && !found {
		err = pool.Refuse(pool.CodeNotFound, "There is no such user.", "")
	}
	return account, err
}

func emailKey(email string) string { return strings.ToLower(strings.TrimSpace(email)) }
