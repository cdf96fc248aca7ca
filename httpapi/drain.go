package httpapi

import (
	"context"
	"time"

	"dockerdriver/actors/pool"
)

// drain is what shutdown mode still waits for.
type drain struct {
	Since     time.Time  `json:"since"`
	Deadline  *time.Time `json:"deadline" doc:"When what is left is ended; null: each notebook keeps its own end"`
	Hosts     int        `json:"hosts_left" doc:"Administrators only"`
	Instances int        `json:"instances_left" doc:"On hosts; administrators only"`
	Waits     []blocker  `json:"waits_for" doc:"Host by host, each with its instances behind it; administrators only"`
}

type blocker struct {
	Kind    pool.BlockerKind `json:"kind" enum:"host,instance,stray,cloud"`
	ID      string           `json:"id" doc:"Of the host or instance, or the cloud's id"`
	Name    string           `json:"name"`
	HostID  string           `json:"host_id"`
	User    string           `json:"user" doc:"Email of an instance's owner"`
	Message string           `json:"message"`
	EndsAt  *time.Time       `json:"ends_at" doc:"When an instance ends by itself or by the deadline; null: it has no end, or is no instance"`
	Remove  []string         `json:"remove" doc:"Commands that remove by hand what is left, in their order"`
}

func (s *server) drainOf(ctx context.Context, st pool.Status, c caller) *drain {
	if st.State == pool.PoolRunning {
		return nil
	}
	d := &drain{Since: st.Since.UTC(), Deadline: when(st.Deadline), Waits: []blocker{}}
	if !c.User.IsAdmin() {
		return d
	}
	for _, b := range st.Blockers {
		switch b.Kind {
		case pool.BlockerHost:
			d.Hosts++
		case pool.BlockerInstance:
			d.Instances++
		}
		d.Waits = append(d.Waits, blocker{
			Kind: b.Kind, ID: b.ID, Name: b.Name, HostID: b.HostID, User: s.emailOf(ctx, b.UserID),
			Message: b.Words, EndsAt: when(b.EndsAt), Remove: filled(b.Remove),
		})
	}
	return d
}

// inOneLine tells each blocker as a sentence without its subject's details.
func inOneLine(blockers []pool.Blocker) []string {
	lines := []string{}
	for _, b := range blockers {
		if b.Name == "" {
			lines = append(lines, b.Words)
			continue
		}
		lines = append(lines, string(b.Kind)+" "+b.Name+": "+b.Words)
	}
	return lines
}

type drainInput struct {
	Body *struct {
		Deadline string `json:"deadline,omitempty" maxLength:"64" doc:"When what is left is ended: a span from now (2h, 1h 30m), a time (RFC 3339), now, or none; left out: as it is"`
		Force    bool   `json:"force,omitempty" doc:"The same as a deadline of now"`
	}
}

func (s *server) drainPool(ctx context.Context, in *drainInput) (*bodyOutput[poolStatus], error) {
	var deadline *time.Time
	if in.Body != nil {
		text := in.Body.Deadline
		if in.Body.Force {
			if text != "" && text != "now" {
				return nil, pool.Invalid("deadline", "A drain by force has no other deadline than now.", "Leave out one of the two.")
			}
			text = "now"
		}
		if text != "" {
			at, err := pool.ParseDeadline(text, time.Now())
			if err != nil {
				return nil, err
			}
			deadline = &at
		}
	}
	c := callerOf(ctx)
	if err := s.Pool.Drain(ctx, c.User, deadline); err != nil {
		return nil, err
	}
	s.note(ctx, "pool.drain", "pool", deadlineWords(deadline))
	return &bodyOutput[poolStatus]{Body: s.poolOf(ctx, s.Views.Snapshot(), c)}, nil
}

func deadlineWords(at *time.Time) string {
	switch {
	case at == nil:
		return "deadline as it is"
	case at.IsZero():
		return "no deadline"
	}
	return "deadline " + at.UTC().Format(time.RFC3339)
}

func (s *server) resumePool(ctx context.Context, _ *emptyInput) (*bodyOutput[poolStatus], error) {
	c := callerOf(ctx)
	if err := s.Pool.Resume(ctx, c.User); err != nil {
		return nil, err
	}
	s.note(ctx, "pool.resume", "pool", "")
	return &bodyOutput[poolStatus]{Body: s.poolOf(ctx, s.Views.Snapshot(), c)}, nil
}
