package httpapi

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"dockerdriver/actors/pool"
)

// instance is the JSON shape of pool.Instance.
type instance struct {
	ID              string             `json:"id"`
	Name            string             `json:"name"`
	State           pool.InstanceState `json:"state" enum:"queueing,provisioning,running,deleting,deleted,failed,lost"`
	Stage           string             `json:"stage" doc:"Step of provisioning: scheduled, image, creating, starting, probing; else empty"`
	StageSince      *time.Time         `json:"stage_since"`
	Passed          []passedStage      `json:"passed" doc:"Steps left behind, in order"`
	BlueprintID     string             `json:"blueprint_id"`
	BlueprintName   string             `json:"blueprint_name" doc:"Empty when the blueprint is gone"`
	Test            bool               `json:"test" doc:"An administrator tries the blueprint, which need not be active"`
	UserID          string             `json:"user_id"`
	User            string             `json:"user" doc:"Email of its owner; for administrators, else empty"`
	HostID          string             `json:"host_id" doc:"Empty while it queues"`
	Image           string             `json:"image"`
	ImageID         string             `json:"image_id"`
	URL             string             `json:"url" doc:"Where the notebook is; opens for the owner's browser only"`
	CreatedAt       *time.Time         `json:"created_at"`
	StartedAt       *time.Time         `json:"started_at"`
	ExpiresAt       *time.Time         `json:"expires_at" doc:"When its lifetime ends, or shutdown mode ends it before that; null: no end"`
	ExtendableUntil *time.Time         `json:"extendable_until" doc:"The latest end that it can be extended to; null: it cannot be extended"`
	LastUsedAt      *time.Time         `json:"last_used_at" doc:"When a person last did something in it, to the minute; null: not yet"`
	IdleEndsAt      *time.Time         `json:"idle_ends_at" doc:"When it ends if nobody uses it until then; null: never for that"`
	Visits          []visit            `json:"visits" doc:"When administrators opened it, oldest first; the last 20"`
	EndedAt         *time.Time         `json:"ended_at"`
	EndReason       string             `json:"end_reason" doc:"owner, admin, lifetime, idle, shutdown, host; else empty"`
	Failure         orNull[failure]    `json:"failure"`
	Queue           orNull[queue]      `json:"queue"`
	ImageProgress   orNull[progress]   `json:"image_progress" doc:"While its image is on the way to the host"`
	Estimate        orNull[estimate]   `json:"launch_estimate" doc:"While it is launching: how long that takes, from the last launches of its blueprint; null: fewer than three are known"`
	Password        string             `json:"password,omitempty" doc:"Only for the owner of an instance whose blueprint shows it"`
	MemoryLimit     int64              `json:"memory_limit" doc:"Bytes"`
	Slots           int                `json:"slots"`
}

type visit struct {
	At     time.Time `json:"at"`
	By     string    `json:"by" doc:"The administrator's email; empty when the account is gone"`
	Reason string    `json:"reason"`
}

type passedStage struct {
	Stage   string  `json:"stage"`
	Seconds float64 `json:"seconds"`
}

type failure struct {
	Code    pool.Code `json:"code"`
	Message string    `json:"message"`
	Hint    string    `json:"hint"`
	Log     []string  `json:"log" doc:"The container's last lines"`
}

type queue struct {
	Position int    `json:"position" doc:"From 1"`
	Reason   string `json:"reason"`
}

type progress struct {
	Sent       int64    `json:"sent" doc:"Bytes"`
	Total      int64    `json:"total" doc:"Bytes that are sent"`
	Skipped    int64    `json:"skipped" doc:"Bytes of layers that the host had already"`
	ETASeconds *float64 `json:"eta_seconds" doc:"null while it cannot be estimated"`
}

// endOf is when an instance ends if nobody ends it before.
func endOf(v *pool.View, i *pool.Instance) time.Time {
	if !i.State.HoldsSlots() {
		return i.ExpiresAt
	}
	return pool.ByDeadline(i.ExpiresAt, v.Settings.ShutdownDeadline)
}

func (s *server) instanceOf(ctx context.Context, v *pool.View, i *pool.Instance, c caller) instance {
	out := instance{
		ID: i.ID, Name: i.Name, State: i.State, Stage: i.Stage, StageSince: when(i.StageSince),
		Passed: make([]passedStage, 0, len(i.Passed)), BlueprintID: i.BlueprintID, Test: i.Test, UserID: i.UserID, HostID: i.HostID,
		Image: i.Spec.ImageRef, ImageID: i.Spec.ImageID, URL: s.NotebookURL(i.Label),
		CreatedAt: when(i.CreatedAt), StartedAt: when(i.StartedAt), ExpiresAt: when(endOf(v, i)), ExtendableUntil: when(i.ExtendableUntil()), LastUsedAt: when(i.LastUsedAt), IdleEndsAt: when(i.IdleEndsAt()), EndedAt: when(i.EndedAt),
		Visits: make([]visit, 0, len(i.Visits)), EndReason: i.EndReason, MemoryLimit: i.Spec.MemoryB, Slots: i.Spec.Slots,
	}
	for _, p := range i.Passed {
		out.Passed = append(out.Passed, passedStage{Stage: p.Stage, Seconds: p.Duration.Seconds()})
	}
	for _, w := range i.Visits {
		out.Visits = append(out.Visits, visit{At: w.At.UTC(), By: s.emailOf(ctx, w.UserID), Reason: w.Reason})
	}
	if c.User.IsAdmin() {
		out.User = s.emailOf(ctx, i.UserID)
	}
	if b := v.Blueprint(i.BlueprintID); b != nil {
		out.BlueprintName = b.Name
	}
	if f := i.Failure; f != nil {
		out.Failure.value = &failure{Code: f.Code, Message: f.Message, Hint: f.Hint, Log: filled(f.Log)}
	}
	if q := i.Queue; q != nil {
		out.Queue.value = &queue{Position: q.Position, Reason: q.Reason}
	}
	if p := v.PushFor(i); p != nil && p.Total > 0 {
		out.ImageProgress.value = &progress{Sent: p.Sent, Total: p.Total, Skipped: p.Skipped, ETASeconds: etaOf(*p)}
	}
	out.Estimate.value = s.estimateOf(i)
	if i.Spec.ShowPassword && i.UserID == c.User.ID {
		out.Password = i.Password
	}
	return out
}

// find returns an instance that the caller may see. Another user's is as
// absent as one that never was.
func (s *server) find(v *pool.View, id string, c caller) (*pool.Instance, error) {
	i := v.Instance(id)
	if i == nil || (i.UserID != c.User.ID && !c.User.IsAdmin()) {
		return nil, notFound("instance")
	}
	return i, nil
}

type listInstancesInput struct {
	PageInput
	All   bool `query:"all" doc:"Everyone's; administrators only"`
	Ended bool `query:"ended" doc:"Also those that were deleted within the last day"`
}

func (s *server) listInstances(ctx context.Context, in *listInstancesInput) (*listOutput[instance], error) {
	c := callerOf(ctx)
	if in.All && !c.User.IsAdmin() {
		return nil, pool.Refuse(pool.CodeForbidden, "Only administrators may see everyone's instances.", "Leave out all=true.")
	}
	v := s.Views.Snapshot()
	items := make([]instance, 0, 8)
	for _, i := range v.Instances {
		if (in.All || i.UserID == c.User.ID) && (in.Ended || !i.State.Ended()) {
			items = append(items, s.instanceOf(ctx, v, i, c))
		}
	}
	return cut("instances", items, in.PageInput, func(i instance) string {
		if i.CreatedAt == nil {
			return orderOf(time.Time{}, i.ID)
		}
		return orderOf(*i.CreatedAt, i.ID)
	})
}

type launchInput struct {
	Body struct {
		BlueprintID string `json:"blueprint_id" minLength:"1" maxLength:"128"`
		Test        bool   `json:"test,omitempty" doc:"Also launch a blueprint that is not active; administrators only"`
	}
}

type instanceOutput struct {
	Location string `header:"Location" doc:"Where to follow it"`
	Body     instance
}

func (s *server) launchInstance(ctx context.Context, in *launchInput) (*instanceOutput, error) {
	c := callerOf(ctx)
	launch := s.Launcher.Launch
	if in.Body.Test {
		launch = s.Launcher.TestLaunch
	}
	i, err := launch(ctx, c.User, in.Body.BlueprintID)
	if err != nil {
		return nil, err
	}
	return s.accepted(ctx, i, c), nil
}

func (s *server) accepted(ctx context.Context, i pool.Instance, c caller) *instanceOutput {
	return &instanceOutput{
		Location: "/api/v1/instances/" + url.PathEscape(i.ID),
		Body:     s.instanceOf(ctx, s.Views.Snapshot(), &i, c),
	}
}

func (s *server) getInstance(ctx context.Context, in *IDInput) (*bodyOutput[instance], error) {
	v, c := s.Views.Snapshot(), callerOf(ctx)
	i, err := s.find(v, in.ID, c)
	if err != nil {
		return nil, err
	}
	return &bodyOutput[instance]{Body: s.instanceOf(ctx, v, i, c)}, nil
}

func (s *server) endInstance(ctx context.Context, in *IDInput) (*instanceOutput, error) {
	c := callerOf(ctx)
	i, err := s.find(s.Views.Snapshot(), in.ID, c)
	if err != nil {
		return nil, err
	}
	reason := pool.EndByOwner
	if i.UserID != c.User.ID {
		reason = pool.EndByAdmin
		if err := s.audit(ctx, "instance.destroy", i.ID, "owner "+i.UserID); err != nil {
			return nil, err
		}
	}
	ended, err := s.Launcher.EndInstance(ctx, c.User, i.ID, reason)
	if err != nil {
		return nil, err
	}
	return s.accepted(ctx, ended, c), nil
}

func (s *server) extendInstance(ctx context.Context, in *IDInput) (*bodyOutput[instance], error) {
	c := callerOf(ctx)
	i, err := s.find(s.Views.Snapshot(), in.ID, c)
	if err != nil {
		return nil, err
	}
	if i.UserID != c.User.ID {
		if err := s.audit(ctx, "instance.extend", i.ID, "owner "+i.UserID); err != nil {
			return nil, err
		}
	}
	extended, err := s.Launcher.ExtendInstance(ctx, c.User, i.ID)
	if err != nil {
		return nil, err
	}
	return &bodyOutput[instance]{Body: s.instanceOf(ctx, s.Views.Snapshot(), &extended, c)}, nil
}

type logsInput struct {
	IDInput
	WholeInput
	Type  string `query:"type" enum:"running,provisioning" default:"running" doc:"The notebook's own output, or the steps of its launch"`
	Lines int    `query:"lines" minimum:"1" maximum:"2000" default:"200"`
}

func (s *server) instanceLogs(ctx context.Context, in *logsInput) (*listOutput[string], error) {
	c := callerOf(ctx)
	i, err := s.find(s.Views.Snapshot(), in.ID, c)
	if err != nil {
		return nil, err
	}
	if i.UserID != c.User.ID && s.readings.begins(c.User.ID, i.ID, time.Now()) {
		if err := s.audit(ctx, "instance.logs", i.ID, "owner "+i.UserID); err != nil {
			s.readings.forget(c.User.ID, i.ID)
			return nil, err
		}
	}
	if in.Type == "provisioning" {
		lines := launchLines(i)
		return whole(lines[max(0, len(lines)-in.Lines):]), nil
	}
	if i.Failure != nil {
		return whole(i.Failure.Log[max(0, len(i.Failure.Log)-in.Lines):]), nil
	}
	lines, err := s.Views.Logs(ctx, i.ID, in.Lines)
	if err != nil {
		return nil, err
	}
	return whole(lines), nil
}

// launchLines tells the launch as lines of text.
func launchLines(i *pool.Instance) []string {
	lines := []string{i.CreatedAt.UTC().Format(time.RFC3339) + " launched " + i.Spec.ImageRef}
	at := i.CreatedAt
	for _, p := range i.Passed {
		at = at.Add(p.Duration)
		lines = append(lines, fmt.Sprintf("%s %s took %.2f s", at.UTC().Format(time.RFC3339), p.Stage, p.Duration.Seconds()))
	}
	step := i.Stage
	if step == "" {
		step = string(i.State)
	}
	lines = append(lines, i.StageSince.UTC().Format(time.RFC3339)+" "+step)
	if q := i.Queue; q != nil {
		lines = append(lines, fmt.Sprintf("position %d in the queue: %s", q.Position, q.Reason))
	}
	if f := i.Failure; f != nil {
		lines = append(lines, string(f.Code)+": "+f.Message, f.Hint)
		lines = append(lines, f.Log...)
	}
	return lines
}
