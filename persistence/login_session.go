package persistence

import (
	"context"
	"time"

	bolt "go.etcd.io/bbolt"

	"dockerdriver/actors/pool"
)

var loginSessions = table[pool.LoginSession]{
	name: "login_sessions", key: func(s pool.LoginSession) string { return s.TokenHash },
}

// Login returns the login with that token hash, expired or not, or CodeNotFound.
func (db *DB) Login(ctx context.Context, tokenHash string) (pool.LoginSession, error) {
	var session pool.LoginSession
	err := db.view(ctx, "read a login", func(tx *bolt.Tx) error {
		var found bool
		var err error
		session, found, err = loginSessions.get(tx, tokenHash)
		if err == nil && !found {
			err = pool.Refuse(pool.CodeNotFound, "There is no such login.", "Log in.")
		}
		return err
	})
	return session, err
}

// PutLogin stores a login, new or changed.
func (db *DB) PutLogin(ctx context.Context, session pool.LoginSession) error {
	writes, err := loginSessions.put(session)
	if err != nil {
		return err
	}
	return db.batch(ctx, "store a login", func(tx *bolt.Tx) error { return apply(tx, writes) })
}

// DeleteLogin ends a login. One that is not there is success.
func (db *DB) DeleteLogin(ctx context.Context, tokenHash string) error {
	return db.batch(ctx, "delete a login", func(tx *bolt.Tx) error {
		return apply(tx, loginSessions.drop(tokenHash))
	})
}

// DeleteLoginsOf ends all logins of a user.
func (db *DB) DeleteLoginsOf(ctx context.Context, userID string) error {
	_, err := db.deleteLogins(ctx, func(s pool.LoginSession) bool { return s.UserID == userID })
	return err
}

// PurgeLogins removes the logins that have expired by now and returns how many.
func (db *DB) PurgeLogins(ctx context.Context, now time.Time) (int, error) {
	return db.deleteLogins(ctx, func(s pool.LoginSession) bool { return !now.Before(s.ExpiresAt) })
}

func (db *DB) deleteLogins(ctx context.Context, which func(pool.LoginSession) bool) (int, error) {
	count := 0
	err := db.batch(ctx, "delete logins", func(tx *bolt.Tx) error {
		list, err := loginSessions.all(tx, which)
		if err != nil {
			return err
		}
		count = len(list)
		for _, s := range list {
			if err := apply(tx, loginSessions.drop(s.TokenHash)); err != nil {
				return err
			}
		}
		return nil
	})
	return count, err
}
