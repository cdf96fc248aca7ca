package httpapi

import (
	"context"
	"time"

	"dockerdriver/actors/pool"
	"dockerdriver/httpapi/history"
)

// poolHistory has one element for each point in all of its arrays.
type poolHistory struct {
	Span       history.Span   `json:"span" enum:"hour,day,week"`
	Step       int            `json:"step_seconds" doc:"What a point stands for; there are none for times at which the server was away"`
	Times      []time.Time    `json:"times" doc:"When each point begins, oldest first; the last one is not over yet"`
	SlotsUsed  []int          `json:"slots_used" doc:"The most within each point"`
	SlotsFree  []int          `json:"slots_free" doc:"The fewest, of hosts that take instances"`
	SlotTarget []int          `json:"slot_target" doc:"The most that were wanted free"`
	Queued     []int          `json:"queued" doc:"The most launches that waited for a place"`
	Hosts      []int          `json:"hosts" doc:"The most hosts, in whatever state"`
	Launches   []int          `json:"launches" doc:"That came to run"`
	Failures   []int          `json:"failures" doc:"Launches that failed before they ran"`
	Launch     stageSeconds   `json:"launch" doc:"Whole launches, from the click until the notebook answered"`
	Stages     []stageSeconds `json:"stages" doc:"The steps of launches, in their order"`
}

type stageSeconds struct {
	Stage string     `json:"stage" enum:"launch,queueing,scheduled,image,creating,starting,probing"`
	P50   []*float64 `json:"p50_seconds" doc:"Half took at most this; null: no launch had it"`
	P90   []*float64 `json:"p90_seconds" doc:"Nine of ten took at most this"`
}

func (s *stageSeconds) add(took history.Spread) {
	if took.P50 < 0 {
		s.P50, s.P90 = append(s.P50, nil), append(s.P90, nil)
		return
	}
	s.P50, s.P90 = append(s.P50, &took.P50), append(s.P90, &took.P90)
}

type historyInput struct {
	Span history.Span `query:"span" enum:"hour,day,week" default:"hour"`
}

func (s *server) getPoolHistory(_ context.Context, in *historyInput) (*bodyOutput[poolHistory], error) {
	return &bodyOutput[poolHistory]{Body: historyOf(in.Span, s.History.Points(in.Span, time.Now()))}, nil
}

func historyOf(span history.Span, points []history.Point) poolHistory {
	none := func() []int { return make([]int, 0, len(points)) }
	h := poolHistory{
		Span: span, Step: int(span.Step().Seconds()), Times: []time.Time{},
		SlotsUsed: none(), SlotsFree: none(), SlotTarget: none(), Queued: none(), Hosts: none(), Launches: none(), Failures: none(),
		Launch: stageSeconds{Stage: "launch", P50: []*float64{}, P90: []*float64{}},
	}
	for _, name := range history.Stages {
		h.Stages = append(h.Stages, stageSeconds{Stage: name, P50: []*float64{}, P90: []*float64{}})
	}
	for _, p := range points {
		h.Times = append(h.Times, p.Start)
		h.SlotsUsed, h.SlotsFree, h.SlotTarget = append(h.SlotsUsed, p.SlotsUsed), append(h.SlotsFree, p.SlotsFree), append(h.SlotTarget, p.SlotTarget)
		h.Queued, h.Hosts = append(h.Queued, p.Queued), append(h.Hosts, p.Hosts)
		h.Launches, h.Failures = append(h.Launches, p.Launches), append(h.Failures, p.Failures)
		h.Launch.add(p.Whole)
		for n := range h.Stages {
			h.Stages[n].add(p.Stages[n])
		}
	}
	return h
}

// estimate is how long the last launches of a blueprint took.
type estimate struct {
	P50   float64 `json:"p50_seconds" doc:"Half took at most this, from the click until the notebook answered"`
	P90   float64 `json:"p90_seconds" doc:"Nine of ten took at most this"`
	Count int     `json:"count" doc:"Of launches that it is made of, at most 50"`
}

// estimateOf is nil for an instance that is not launching.
func (s *server) estimateOf(i *pool.Instance) *estimate {
	if i.State != pool.InstanceQueueing && i.State != pool.InstanceProvisioning {
		return nil
	}
	e, known := s.History.Estimate(i.BlueprintID)
	if !known {
		return nil
	}
	return &estimate{P50: e.P50, P90: e.P90, Count: e.Count}
}
