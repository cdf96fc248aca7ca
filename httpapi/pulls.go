package httpapi

import (
	"context"
	"time"

	"dockerdriver/actors/pool"
)

// pull is the JSON shape of pool.Pull.
type pull struct {
	ID        string         `json:"id"`
	Reference string         `json:"reference" doc:"As asked for"`
	Platform  string         `json:"platform" doc:"os/architecture[/variant]"`
	State     pool.PullState `json:"state" enum:"pulling,done,failed"`
	Got       int64          `json:"got" doc:"Bytes"`
	Total     int64          `json:"total" doc:"Bytes; 0 while unknown"`
	File      string         `json:"file" doc:"In the image directory, when done"`
	Failure   string         `json:"failure" doc:"Why it failed; else empty"`
	StartedAt *time.Time     `json:"started_at"`
	EndedAt   *time.Time     `json:"ended_at"`
}

func pullOf(p pool.Pull) pull {
	return pull{
		ID: p.ID, Reference: p.Reference, Platform: p.Platform, State: p.State, Got: p.Got, Total: p.Total,
		File: p.File, Failure: p.Failure, StartedAt: when(p.StartedAt), EndedAt: when(p.EndedAt),
	}
}

func (s *server) listPulls(context.Context, *WholeInput) (*listOutput[pull], error) {
	v := s.Views.Snapshot()
	items := make([]pull, 0, len(v.Pulls))
	for _, p := range v.Pulls {
		items = append(items, pullOf(p))
	}
	return whole(items), nil
}

type pullInput struct {
	Body struct {
		Reference string `json:"reference" minLength:"1" maxLength:"512" doc:"Image in a registry, such as rocker/rstudio:4.4"`
		Platform  string `json:"platform,omitempty" maxLength:"64" doc:"os/architecture[/variant]; left out: Linux on the server's architecture"`
	}
}

func (s *server) pullImage(ctx context.Context, in *pullInput) (*bodyOutput[pull], error) {
	p, err := s.Images.PullImage(ctx, callerOf(ctx).User, in.Body.Reference, in.Body.Platform)
	if err != nil {
		return nil, err
	}
	s.note(ctx, "image.pull", p.ID, clip(p.Reference, 256)+" "+p.Platform)
	return &bodyOutput[pull]{Body: pullOf(p)}, nil
}

func (s *server) cancelPull(ctx context.Context, in *IDInput) (*emptyOutput, error) {
	if err := s.Images.CancelPull(ctx, callerOf(ctx).User, in.ID); err != nil {
		return nil, err
	}
	s.note(ctx, "image.pull.cancel", in.ID, "")
	return &emptyOutput{}, nil
}
