package httpapi

import (
	"context"
	"time"

	"dockerdriver/actors/pool"
)

// hostLog is how a host was built: our own steps, and its machine's own words.
type hostLog struct {
	Events  []hostEvent `json:"events" doc:"Oldest first"`
	Console console     `json:"console"`
}

type hostEvent struct {
	At      time.Time `json:"at"`
	Step    string    `json:"step" doc:"requested, building, engine, images or probe, or a state of later; empty for a fault"`
	Seconds *float64  `json:"seconds" doc:"That the step took; null: it goes on"`
	Fault   string    `json:"fault" doc:"In words; empty: it is none"`
}

type console struct {
	Lines   []string            `json:"lines" doc:"The last ones, without control characters and secrets"`
	Missing pool.ConsoleMissing `json:"missing" enum:",none,not_yet,gone" doc:"Why there are none; empty: there are"`
	Message string              `json:"message" doc:"The same in words"`
}

func (s *server) hostLog(ctx context.Context, in *IDInput) (*bodyOutput[hostLog], error) {
	h := s.Views.Snapshot().Host(in.ID)
	if h == nil {
		return nil, notFound("host")
	}
	said, err := s.Views.Console(ctx, h.ID)
	if err != nil {
		return nil, err
	}
	out := hostLog{Console: console{Lines: filled(said.Lines), Missing: said.Missing, Message: said.Missing.Words()}}
	for _, e := range h.History() {
		event := hostEvent{At: e.At.UTC(), Step: e.Step, Fault: e.Fault}
		if e.Took > 0 {
			seconds := e.Took.Seconds()
			event.Seconds = &seconds
		}
		out.Events = append(out.Events, event)
	}
	return &bodyOutput[hostLog]{Body: out}, nil
}
