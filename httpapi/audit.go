package httpapi

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"dockerdriver/actors/pool"
)

// auditEntry is the JSON shape of pool.AuditEntry.
type auditEntry struct {
	At         time.Time `json:"at"`
	Actor      string    `json:"actor" doc:"User id; empty when nobody was logged in"`
	ActorEmail string    `json:"actor_email" doc:"The actor's at that time"`
	Action     string    `json:"action"`
	Target     string    `json:"target"`
	Address    string    `json:"address" doc:"Where the request came from"`
	Detail     string    `json:"detail"`
}

func (s *server) listAudit(ctx context.Context, in *PageInput) (*listOutput[auditEntry], error) {
	entries, next, err := s.Audit.AuditPage(ctx, in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	items := make([]auditEntry, 0, len(entries))
	for _, e := range entries {
		email := e.ActorEmail
		if email == "" {
			email = s.emailOf(ctx, e.Actor)
		}
		items = append(items, auditEntry{
			At: e.At.UTC(), Actor: e.Actor, ActorEmail: email,
			Action: e.Action, Target: e.Target, Address: e.Address, Detail: e.Detail,
		})
	}
	return &listOutput[auditEntry]{Body: list[auditEntry]{Items: items, NextCursor: orNothing(next)}}, nil
}

// audit writes down what the caller does, before it is done. What cannot be
// written down must not happen.
func (s *server) audit(ctx context.Context, action, target, detail string) error {
	c := callerOf(ctx)
	return s.Audit.AppendAudit(ctx, pool.AuditEntry{
		At: time.Now().UTC(), Actor: c.User.ID, ActorEmail: c.User.Email,
		Action: action, Target: target, Address: c.Address, Detail: detail,
	})
}

// note writes down what has been done already; a failure cannot undo it and is
// an error in the log.
func (s *server) note(ctx context.Context, action, target, detail string) {
	if err := s.audit(ctx, action, target, detail); err != nil {
		zerolog.Ctx(ctx).Error().Err(err).Str("action", action).Str("target", target).Msg("audit entry lost")
	}
}

// emailOf names a user; empty for nobody and for one who is gone.
func (s *server) emailOf(ctx context.Context, userID string) string {
	if userID == "" {
		return ""
	}
	a, err := s.Accounts.Account(ctx, userID)
	if err != nil {
		return ""
	}
	return a.Email
}
