package httpapi

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"github.com/alexedwards/argon2id"

	"dockerdriver/actors/pool"
)

// hashing is OWASP's second recommendation for argon2id: 19 MiB, two passes,
// one lane; some 30 ms on one core.
var hashing = &argon2id.Params{Memory: 19 << 10, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

const (
	// hashesAtOnce bounds what logins can take: 2 × 19 MiB and two cores.
	hashesAtOnce = 2
	// hashPatience is how long a login waits for its turn.
	hashPatience = 5 * time.Second

	minPasswordLength = 8
	maxPasswordLength = 256
)

// passwords hashes and compares, a few at a time.
type passwords struct {
	turns chan struct{}
	// nobody is the hash that is compared for unknown emails.
	nobody string
}

func newPasswords() (*passwords, error) {
	nobody, err := argon2id.CreateHash(rand.Text(), hashing)
	if err != nil {
		return nil, err
	}
	return &passwords{turns: make(chan struct{}, hashesAtOnce), nobody: nobody}, nil
}

func (p *passwords) turn(ctx context.Context) (done func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, hashPatience)
	defer cancel()
	select {
	case p.turns <- struct{}{}:
		return func() { <-p.turns }, nil
	case <-ctx.Done():
		return nil, pool.Refuse(pool.CodeUnavailable, "Too many people are logging in at this moment.", "Try again in a few seconds.")
	}
}

func (p *passwords) verify(ctx context.Context, password, hash string) (bool, error) {
	done, err := p.turn(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	return argon2id.ComparePasswordAndHash(password, hash)
}

func (p *passwords) hash(ctx context.Context, password string) (string, error) {
	done, err := p.turn(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	return hashPassword(password)
}

// hashPassword refuses passwords that are too short to be one or too long to hash.
func hashPassword(password string) (string, error) {
	switch {
	case len(password) < minPasswordLength:
		return "", pool.Invalid("password", "The password is shorter than 8 characters.", "Choose a longer one.")
	case len(password) > maxPasswordLength:
		return "", pool.Invalid("password", "The password is longer than 256 bytes.", "Choose a shorter one.")
	}
	return argon2id.CreateHash(password, hashing)
}

// newSecret makes 256 random bits or a little more, in letters and digits.
func newSecret() string { return rand.Text() + rand.Text() }

// newID makes an id that says nothing and is not guessed (over 128 bits).
func newID() string { return strings.ToLower(rand.Text()) }
