package pool

import "time"

// Role says what a user may do.
type Role string

// Roles: a user launches and sees their own; an admin configures and sees all.
const (
	RoleUser  Role = "user"
	RoleAdmin Role = "admin"
)

// User is a person who can log in.
type User struct {
	ID        string    `json:"id"`
	Email     string    `json:"email"` // lower case, unique
	Name      string    `json:"name"`
	Role      Role      `json:"role"`
	Blocked   bool      `json:"blocked"`
	CreatedAt time.Time `json:"created_at"`
}

// IsAdmin tells whether the user has the admin role.
func (u User) IsAdmin() bool { return u.Role == RoleAdmin }

// Account is a user with what proves them: never leaves the server, never logged.
type Account struct {
	User
	// PasswordHash is argon2id in PHC string form; empty for a user who cannot log in by password.
	PasswordHash string `json:"password_hash"`
}

// LoginSession is a browser's login to the web UI.
type LoginSession struct {
	// TokenHash is the hex SHA-256 of the cookie's value: the value itself is never stored.
	TokenHash string    `json:"token_hash"`
	UserID    string    `json:"user_id"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Token is a bearer token for the API.
type Token struct {
	ID        string    `json:"id"`
	UserID    string    `json:"user_id"`
	Name      string    `json:"name"`
	TokenHash string    `json:"token_hash"` // hex SHA-256
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at,omitzero"` // zero: no end
}

// AuditEntry is one line of the append-only audit log.
type AuditEntry struct {
	At    time.Time `json:"at"`
	Actor string    `json:"actor"` // user id; empty for nobody who was logged in
	// ActorEmail is the actor's at that time: the user may be gone or renamed
	// when it is read. Entries of older versions have none.
	ActorEmail string `json:"actor_email,omitempty"`
	Action     string `json:"action"`
	Target     string `json:"target"`
	Address    string `json:"address,omitempty"`
	Detail     string `json:"detail,omitempty"`
}
