package persistence

import (
	"cmp"
	"context"
	"slices"

	bolt "go.etcd.io/bbolt"

	"dockerdriver/actors/pool"
)

var tokens = table[pool.Token]{name: "tokens", key: func(t pool.Token) string { return t.ID }}

// tokensByHash leads from the token's hash to its id.
const tokensByHash = "tokens_by_hash"

// PutToken stores a new token, or a change that keeps its hash. A hash that
// another token has is CodeConflict.
func (db *DB) PutToken(ctx context.Context, token pool.Token) error {
	writes, err := tokens.put(token)
	if err != nil {
		return err
	}
	writes = append(writes, write{bucket: tokensByHash, key: token.TokenHash, value: []byte(token.ID)})
	return db.batch(ctx, "store a token", func(tx *bolt.Tx) error {
		if id := tx.Bucket([]byte(tokensByHash)).Get([]byte(token.TokenHash)); id != nil && string(id) != token.ID {
			return pool.Refuse(pool.CodeConflict, "There is such a token already.", "Make another one.")
		}
		return apply(tx, writes)
	})
}

// TokenByHash returns the token with that hash, expired or not, or CodeNotFound.
func (db *DB) TokenByHash(ctx context.Context, tokenHash string) (pool.Token, error) {
	var token pool.Token
	err := db.view(ctx, "read a token", func(tx *bolt.Tx) (err error) {
		id := tx.Bucket([]byte(tokensByHash)).Get([]byte(tokenHash))
		token, err = tokenOf(tx, string(id))
		return err
	})
	return token, err
}

// TokensOf returns the tokens of a user, oldest first.
func (db *DB) TokensOf(ctx context.Context, userID string) ([]pool.Token, error) {
	var list []pool.Token
	err := db.view(ctx, "list the tokens", func(tx *bolt.Tx) (err error) {
		list, err = tokens.all(tx, func(t pool.Token) bool { return t.UserID == userID })
		return err
	})
	slices.SortStableFunc(list, func(a, b pool.Token) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return list, err
}

// DeleteToken removes a token. One that is not there is CodeNotFound.
func (db *DB) DeleteToken(ctx context.Context, id string) error {
	return db.batch(ctx, "delete a token", func(tx *bolt.Tx) error {
		token, err := tokenOf(tx, id)
		if err != nil {
			return err
		}
		return apply(tx, dropToken(token))
	})
}

func tokenOf(tx *bolt.Tx, id string) (pool.Token, error) {
	token, found, err := tokens.get(tx, id)
	if err == nil && !found {
		err = pool.Refuse(pool.CodeNotFound, "There is no such token.", "")
	}
	return token, err
}

func dropToken(t pool.Token) []write {
	return append(tokens.drop(t.ID), write{bucket: tokensByHash, key: t.TokenHash})
}
