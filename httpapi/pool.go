package httpapi

import (
	"context"
	"slices"
	"time"

	"dockerdriver/actors/pool"
)

// poolStatus is the pool in one page. What names other people's things is
// there for administrators only.
type poolStatus struct {
	State     pool.PoolState `json:"state" enum:"running,draining,drained"`
	Since     *time.Time     `json:"since"`
	Reason    string         `json:"reason"`
	Blockers  []string       `json:"blockers" doc:"What a drain still waits for, in words; administrators only"`
	Drain     orNull[drain]  `json:"drain" doc:"Shutdown mode; null: the pool runs"`
	Cloud     string         `json:"cloud" doc:"local, emulator or openstack"`
	Slots     int            `json:"slots" doc:"Of hosts that take instances"`
	SlotsUsed int            `json:"slots_used"`
	SlotsFree int            `json:"slots_free"`
	Largest   int            `json:"largest_host" doc:"Slots of the largest host that there is or can be: what takes more cannot be launched; 0: none is known"`
	Headroom  headroom       `json:"headroom" doc:"What the scaler last saw"`
	Pause     orNull[pause]  `json:"pause" doc:"Why no hosts are built for a while; null: they are"`
	Strays    []stray        `json:"strays" doc:"What the cloud holds of ours without a record; administrators only"`
	Queue     []queued       `json:"queue" doc:"Administrators see all, users their own"`
	Decisions []decision     `json:"decisions" doc:"The scaler's last decisions, newest last; administrators only"`
	SetAside  []setAside     `json:"set_aside" doc:"Actors that failed again and again; administrators only"`
	Shared    bool           `json:"shared_origin" doc:"Whether notebooks share one origin (path mode), where they can read each other"`
	Version   string         `json:"version" doc:"Of the server"`
}

type headroom struct {
	Projected int  `json:"projected" doc:"Slots free when hosts on their way are there and the queue is placed; below 0: some still wait"`
	Target    int  `json:"target" doc:"Slots that are to be free"`
	Largest   int  `json:"largest" doc:"Slots of the largest active blueprint"`
	Fits      bool `json:"fits" doc:"Whether that one would find room at once"`
	Hosts     int  `json:"hosts"`
	MaxHosts  int  `json:"max_hosts"`
	Building  int  `json:"building" doc:"Hosts on their way"`
}

type pause struct {
	Since  time.Time `json:"since"`
	Until  time.Time `json:"until" doc:"Then it is tried again"`
	Reason string    `json:"reason" doc:"In the cloud's words; administrators only"`
}

type stray struct {
	Kind      string     `json:"kind" enum:"server,volume,security group"`
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	HostID    string     `json:"host_id" doc:"As its mark says"`
	CreatedAt *time.Time `json:"created_at"`
	FoundAt   *time.Time `json:"found_at" doc:"When it was first seen"`
	Reason    string     `json:"reason" doc:"What makes it one, in words"`
	ReleaseAt *time.Time `json:"release_at" doc:"When it is released by itself; null: it is not, for its mark names no host"`
}

type queued struct {
	InstanceID  string    `json:"instance_id"`
	Name        string    `json:"name"`
	Environment string    `json:"environment" doc:"Name of its blueprint; empty when that is gone"`
	User        string    `json:"user" doc:"Email of its owner; for administrators, else empty"`
	Slots       int       `json:"slots"`
	Since       time.Time `json:"since" doc:"When it was launched"`
	Position    int       `json:"position"`
	Reason      string    `json:"reason"`
}

type decision struct {
	At      time.Time `json:"at"`
	Action  string    `json:"action"`
	Subject string    `json:"subject"`
	Because string    `json:"because"`
}

type setAside struct {
	Actor     string    `json:"actor" doc:"Host-<id>, Instance-<id>, Proxy, Feed or PoolSupervisor"`
	At        time.Time `json:"at"`
	Reason    string    `json:"reason" doc:"How often it failed"`
	Tries     int       `json:"tries"`
	Error     string    `json:"error" doc:"What it failed with last; the server's log has the stack"`
	Hint      string    `json:"hint" doc:"What that means, and what to do"`
	IsRetried bool      `json:"is_retried" doc:"Whether it is tried again without being asked"`
}

func (s *server) poolOf(ctx context.Context, v *pool.View, c caller) poolStatus {
	st := v.Status
	out := poolStatus{
		State: st.State, Since: when(st.Since), Reason: st.Reason, Blockers: []string{}, Cloud: st.Cloud,
		Slots: st.Slots, SlotsUsed: st.SlotsUsed, SlotsFree: max(0, st.Slots-st.SlotsUsed),
		Largest: st.LargestHost, Headroom: headroom(st.Headroom), Strays: []stray{},
		Decisions: []decision{}, SetAside: []setAside{}, Shared: s.SharedOrigin, Version: s.Version,
	}
	out.Drain.value = s.drainOf(ctx, st, c)
	if !st.Pause.Since.IsZero() {
		out.Pause.value = &pause{Since: st.Pause.Since.UTC(), Until: st.Pause.Until.UTC()}
	}
	out.Queue = s.queueOf(ctx, v, c)
	if !c.User.IsAdmin() {
		return out
	}
	out.Blockers = inOneLine(st.Blockers)
	if out.Pause.value != nil {
		out.Pause.value.Reason = st.Pause.Reason
	}
	for _, x := range v.Strays {
		out.Strays = append(out.Strays, stray{
			Kind: x.Kind, ID: x.ID, Name: x.Name, HostID: x.HostID, CreatedAt: when(x.CreatedAt),
			FoundAt: when(x.FoundAt), Reason: x.Why(), ReleaseAt: when(x.ReleaseAt),
		})
	}
	for _, d := range v.Decisions {
		out.Decisions = append(out.Decisions, decision{At: d.At.UTC(), Action: d.Action, Subject: d.Subject, Because: d.Because})
	}
	for _, a := range v.SetAside {
		out.SetAside = append(out.SetAside, setAside{
			Actor: a.Actor, At: a.At.UTC(), Reason: a.Reason, Tries: a.Tries, Error: a.Error, Hint: a.Hint, IsRetried: a.IsRetried,
		})
	}
	return out
}

// queueOf is what waits for a place, in its order.
func (s *server) queueOf(ctx context.Context, v *pool.View, c caller) []queued {
	out := []queued{}
	for _, i := range v.Instances {
		if i.Queue == nil || (!c.User.IsAdmin() && i.UserID != c.User.ID) {
			continue
		}
		q := queued{InstanceID: i.ID, Name: i.Name, Slots: i.Spec.Slots, Since: i.CreatedAt.UTC(), Position: i.Queue.Position, Reason: i.Queue.Reason}
		if b := v.Blueprint(i.BlueprintID); b != nil {
			q.Environment = b.Name
		}
		if c.User.IsAdmin() {
			q.User = s.emailOf(ctx, i.UserID)
		}
		out = append(out, q)
	}
	slices.SortFunc(out, func(a, b queued) int { return a.Position - b.Position })
	return out
}

func (s *server) getPool(ctx context.Context, _ *emptyInput) (*bodyOutput[poolStatus], error) {
	return &bodyOutput[poolStatus]{Body: s.poolOf(ctx, s.Views.Snapshot(), callerOf(ctx))}, nil
}

func (s *server) retryActor(ctx context.Context, in *IDInput) (*bodyOutput[poolStatus], error) {
	c := callerOf(ctx)
	if err := s.Pool.TryAgain(ctx, c.User, in.ID); err != nil {
		return nil, err
	}
	s.note(ctx, "actor.retry", in.ID, "")
	return &bodyOutput[poolStatus]{Body: s.poolOf(ctx, s.Views.Snapshot(), c)}, nil
}

// releaseStray answers with the host that it is released as, for who wants to follow.
func (s *server) releaseStray(ctx context.Context, in *IDInput) (*bodyOutput[host], error) {
	h, err := s.Pool.ReleaseStray(ctx, callerOf(ctx).User, in.ID)
	if err != nil {
		return nil, err
	}
	s.note(ctx, "stray.release", in.ID, h.Name)
	return &bodyOutput[host]{Body: hostOf(s.Views.Snapshot(), &h)}, nil
}
