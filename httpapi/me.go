package httpapi

import (
	"context"

	"dockerdriver/actors/pool"
)

// me is who is logged in.
type me struct {
	ID    string    `json:"id"`
	Email string    `json:"email"`
	Name  string    `json:"name"`
	Role  pool.Role `json:"role" enum:"user,admin"`
}

func meOf(u pool.User) me { return me{ID: u.ID, Email: u.Email, Name: u.Name, Role: u.Role} }

func (s *server) getMe(ctx context.Context, _ *emptyInput) (*bodyOutput[me], error) {
	return &bodyOutput[me]{Body: meOf(callerOf(ctx).User)}, nil
}
