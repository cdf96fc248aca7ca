package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Blueprint is what can be launched.
type Blueprint struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	IsEnabled bool   `json:"is_enabled"`
}

// Variable is one setting of the pool.
type Variable struct {
	Key       string     `json:"key"`
	Value     string     `json:"value"`
	Type      string     `json:"type"`
	Default   string     `json:"default"`
	Meaning   string     `json:"meaning"`
	UpdatedAt *time.Time `json:"updated_at"`
	UpdatedBy string     `json:"updated_by"`
}

// User is a person who can log in.
type User struct {
	ID        string     `json:"id"`
	Email     string     `json:"email"`
	Name      string     `json:"name"`
	Role      string     `json:"role"`
	Blocked   bool       `json:"blocked"`
	CreatedAt *time.Time `json:"created_at"`
	Password  string     `json:"password"` // once, when the server made it
}

// NewUser is a user to add; the server makes a password when there is none.
type NewUser struct {
	Email    string `json:"email"`
	Name     string `json:"name"`
	Role     string `json:"role"`
	Password string `json:"password,omitempty"`
}

// Blueprints lists the blueprints that the caller may see.
func (c *Client) Blueprints(ctx context.Context) (List[Blueprint], error) {
	return list[Blueprint](ctx, c, "/blueprints", nil)
}

// Variables lists all variables.
func (c *Client) Variables(ctx context.Context) (List[Variable], error) {
	return list[Variable](ctx, c, "/variables", nil)
}

// Variable returns one variable.
func (c *Client) Variable(ctx context.Context, key string) (One[Variable], error) {
	return one[Variable](ctx, c, http.MethodGet, "/variables/"+url.PathEscape(key), nil)
}

// SetVariable changes a variable, whatever its version.
func (c *Client) SetVariable(ctx context.Context, key, value string) (One[Variable], error) {
	return one[Variable](ctx, c, http.MethodPut, "/variables/"+url.PathEscape(key), map[string]string{"value": value})
}

// Users lists all users.
func (c *Client) Users(ctx context.Context) (List[User], error) {
	return list[User](ctx, c, "/users", nil)
}

// AddUser adds a user.
func (c *Client) AddUser(ctx context.Context, user NewUser) (One[User], error) {
	return one[User](ctx, c, http.MethodPost, "/users", user)
}
