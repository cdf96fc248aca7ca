package pool

import (
	"slices"
	"strings"
	"time"
)

// InstanceState is where a launched instance stands.
//
//	queueing → provisioning → running → deleting → deleted
//	    └────────────┴───────────┴→ failed ─┘
//	                 └───────────┴→ lost ───┘
//
// Running may become failed: a container that ends by itself (exit, out of
// memory) is told to its owner in words instead of vanishing.
type InstanceState string

// States of an instance; see InstanceState for the drawing.
const (
	InstanceQueueing     InstanceState = "queueing"
	InstanceProvisioning InstanceState = "provisioning"
	InstanceRunning      InstanceState = "running"
	InstanceDeleting     InstanceState = "deleting"
	InstanceDeleted      InstanceState = "deleted"
	InstanceFailed       InstanceState = "failed"
	InstanceLost         InstanceState = "lost"
)

var instanceNext = map[InstanceState][]InstanceState{
	InstanceQueueing:     {InstanceProvisioning, InstanceDeleting, InstanceDeleted, InstanceFailed},
	InstanceProvisioning: {InstanceRunning, InstanceQueueing, InstanceDeleting, InstanceFailed, InstanceLost},
	InstanceRunning:      {InstanceDeleting, InstanceFailed, InstanceLost},
	InstanceDeleting:     {InstanceDeleted, InstanceLost},
	InstanceFailed:       {InstanceDeleting, InstanceDeleted},
	InstanceLost:         {InstanceDeleting, InstanceDeleted},
	InstanceDeleted:      {},
}

// CanBecome tells whether the transition is in the table. Staying is allowed:
// a restart repeats the step it was in.
func (s InstanceState) CanBecome(next InstanceState) bool {
	return s == next || slices.Contains(instanceNext[s], next)
}

// Live tells whether an instance in this state counts against its owner's
// limit. Failed and lost ones do not (they hold nothing).
func (s InstanceState) Live() bool {
	switch s {
	case InstanceQueueing, InstanceProvisioning, InstanceRunning, InstanceDeleting:
		return true
	}
	return false
}

// HoldsSlots tells whether an instance in this state, once placed on a host,
// occupies slots there.
func (s InstanceState) HoldsSlots() bool {
	return s == InstanceProvisioning || s == InstanceRunning || s == InstanceDeleting
}

// Ended tells whether nothing of the instance is left to do.
func (s InstanceState) Ended() bool { return s == InstanceDeleted }

// Stages of provisioning, in their order (Instance.Stage).
const (
	StageScheduled = "scheduled"
	StageImage     = "image"
	StageCreating  = "creating"
	StageStarting  = "starting"
	StageProbing   = "probing"
)

// Reasons for which an instance ends (Instance.EndReason).
const (
	EndByOwner    = "owner"
	EndByAdmin    = "admin"
	EndByLifetime = "lifetime"
	EndByIdling   = "idle"
	EndByShutdown = "shutdown"
	EndByHost     = "host"
)

// Instance is one container of one user, from the click to deleted. It is also
// the durable record; its HostID is the reservation of slots on that host.
type Instance struct {
	ID          string        `json:"id"`
	Name        string        `json:"name"` // also the container's name
	Label       string        `json:"label"`
	State       InstanceState `json:"state"`
	Stage       string        `json:"stage,omitempty"`
	BlueprintID string        `json:"blueprint_id"`
	Test        bool          `json:"test,omitempty"` // an administrator tries the blueprint, which need not be active
	UserID      string        `json:"user_id"`
	Spec        Spec          `json:"spec"` // frozen at launch: later edits of the blueprint do not reach it
	// Password is made at launch; {password} in environment and command stands for it.
	Password string `json:"password"`

	HostID      string `json:"host_id,omitempty"`
	ContainerID string `json:"container_id,omitempty"`
	// Target is the ip:port on which the container answers HTTP, known once started.
	Target string `json:"target,omitempty"`
	// AnswerBy is when a started container must have answered HTTP.
	AnswerBy time.Time `json:"answer_by,omitzero"`

	CreatedAt  time.Time `json:"created_at"`
	StageSince time.Time `json:"stage_since"`
	// Passed holds the stages left behind, with how long each took.
	Passed    []StageTime `json:"passed,omitempty"`
	StartedAt time.Time   `json:"started_at,omitzero"`
	// LastUsedAt is when a person last did something in it, as far as its traffic
	// tells; zero: never. It is stored now and then, and may lag by minutes.
	LastUsedAt time.Time `json:"last_used_at,omitzero"`
	// WatchedSince is since when its use is watched without a gap: the start of
	// this server, if that is later than its own. It is not stored.
	WatchedSince time.Time `json:"-"`
	ExpiresAt    time.Time `json:"expires_at,omitzero"` // zero: no end
	// Visits are the last that administrators made, oldest first.
	Visits    []Visit   `json:"visits,omitempty"`
	EndedAt   time.Time `json:"ended_at,omitzero"`
	EndReason string    `json:"end_reason,omitempty"`
	Failure   *Failure  `json:"failure,omitempty"`
	Queue     *Queue    `json:"queue,omitempty"` // computed, only while queueing
}

// StageTime says how long a stage of a launch took.
type StageTime struct {
	Stage    string        `json:"stage"`
	Duration time.Duration `json:"duration"` // nanoseconds
}

// Queue says where a queueing instance stands and why it waits.
type Queue struct {
	Position int    `json:"position"` // from 1
	Reason   string `json:"reason"`
}

// Failure tells the owner what happened, what to do, and the last words of the
// container (at most 20 lines, control characters removed).
type Failure struct {
	Code    Code     `json:"code"`
	Message string   `json:"message"`
	Hint    string   `json:"hint"`
	Log     []string `json:"log,omitempty"`
}

// FailureOf turns an error into a Failure; an error without words for people
// becomes CodeInternal with a bland message.
func FailureOf(err error) *Failure {
	if e, ok := asError(err); ok {
		return &Failure{Code: e.Code, Message: e.Message, Hint: e.Hint}
	}
	return &Failure{
		Code:    CodeInternal,
		Message: "The launch failed for a reason that only the server's log tells.",
		Hint:    "Launch again; if it fails again, tell an administrator the name of the instance.",
	}
}

// At returns a copy of the instance moved to a state and stage at a time. The
// caller has checked CanBecome.
func (i Instance) At(state InstanceState, stage string, now time.Time) Instance {
	if state == i.State && stage == i.Stage {
		return i
	}
	left := i.Stage
	if left == "" {
		left = string(i.State)
	}
	if !i.StageSince.IsZero() && (i.State == InstanceQueueing || i.State == InstanceProvisioning) {
		i.Passed = append(slices.Clone(i.Passed), StageTime{Stage: left, Duration: now.Sub(i.StageSince)})
	}
	i.State, i.Stage, i.StageSince = state, stage, now
	if state != InstanceQueueing {
		i.Queue = nil
	}
	if !state.Live() {
		i.EndedAt = now
	}
	return i
}

// Expired tells whether the instance's lifetime is over. An instance without
// an end never expires.
func (i Instance) Expired(now time.Time) bool {
	return !i.ExpiresAt.IsZero() && !now.Before(i.ExpiresAt)
}

// IdleEndsAt is when the instance ends if nobody uses it until then; zero:
// never. What happened while nobody watched counts as use.
func (i Instance) IdleEndsAt() time.Time {
	if i.Spec.IdleTime <= 0 || i.State != InstanceRunning {
		return time.Time{}
	}
	from := i.StartedAt
	for _, later := range []time.Time{i.LastUsedAt, i.WatchedSince} {
		if later.After(from) {
			from = later
		}
	}
	return from.Add(i.Spec.IdleTime)
}

// WhyEnded tells the owner, in words, why the instance ended and what to do.
func (i Instance) WhyEnded() string {
	if f := i.Failure; f != nil {
		return strings.TrimSpace(f.Message + " " + f.Hint)
	}
	switch i.EndReason {
	case EndByOwner:
		return "You destroyed it. You can launch a new one."
	case EndByAdmin:
		return "An administrator ended it. You can launch a new one."
	case EndByLifetime:
		return "Its lifetime was over. You can launch a new one."
	case EndByIdling:
		return "Nobody used it for " + formatSpan(i.Spec.IdleTime) + ". You can launch a new one."
	case EndByShutdown:
		return "The service was shut down. You can launch a new one when it is back."
	case EndByHost:
		return "The machine it ran on is gone. You can launch a new one."
	}
	return "You can launch a new one."
}
