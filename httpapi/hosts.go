package httpapi

import (
	"context"
	"time"

	"dockerdriver/actors/pool"
)

// host is the JSON shape of pool.Host.
type host struct {
	ID            string         `json:"id"`
	Name          string         `json:"name"`
	State         pool.HostState `json:"state" enum:"requested,building,preparing,active,inactive,removing,removed,stuck"`
	Stage         string         `json:"stage" doc:"Step it is in, or why it is inactive; else empty"`
	StateSince    *time.Time     `json:"state_since"`
	Slots         int            `json:"slots"`
	SlotsUsed     int            `json:"slots_used"`
	Address       string         `json:"address"`
	CreatedAt     *time.Time     `json:"created_at"`
	ExpiresAt     *time.Time     `json:"expires_at" doc:"null: no end"`
	EngineVersion string         `json:"engine_version"`
	Flavor        string         `json:"flavor" doc:"Of its machine; empty for one that was there before"`
	Steps         []step         `json:"steps" doc:"Passed on the way to active, in order"`
	SilentSince   *time.Time     `json:"silent_since" doc:"When its engine stopped answering; null: it answers"`
	Images        []string       `json:"images" doc:"Image ids that it had at the last look"`
	Disk          orNull[disk]   `json:"disk" doc:"Of its engine; null: nobody has looked"`
	Errors        int            `json:"errors" doc:"Faults that still count against it"`
	Trouble       []trouble      `json:"trouble" doc:"Last faults, newest last"`
	Cloud         cloudResources `json:"cloud"`
}

type disk struct {
	Total int64     `json:"total" doc:"Bytes"`
	Free  int64     `json:"free" doc:"Bytes"`
	At    time.Time `json:"at" doc:"When it was looked at"`
}

// diskOf is null while nobody has looked.
func diskOf(d pool.Disk) orNull[disk] {
	if d.At.IsZero() {
		return orNull[disk]{}
	}
	return orNull[disk]{&disk{Total: d.Total, Free: d.Free, At: d.At.UTC()}}
}

type step struct {
	Step    string  `json:"step" doc:"requested, building, engine, images or probe"`
	Seconds float64 `json:"seconds"`
}

type trouble struct {
	At      time.Time `json:"at"`
	Message string    `json:"message"`
}

type cloudResources struct {
	ServerID        string   `json:"server_id"`
	SecurityGroupID string   `json:"security_group_id"`
	VolumeIDs       []string `json:"volume_ids"`
}

func hostOf(v *pool.View, h *pool.Host) host {
	out := host{
		ID: h.ID, Name: h.Name, State: h.State, Stage: h.Stage, StateSince: when(h.StateSince),
		Slots: h.Slots, SlotsUsed: v.SlotsUsed(h.ID), Address: h.Endpoint.Address,
		CreatedAt: when(h.CreatedAt), ExpiresAt: when(h.ExpiresAt(v.Settings.Hosts.Lifetime)), EngineVersion: h.EngineVersion,
		Flavor: h.Plan.Flavor, Steps: make([]step, 0, len(h.Passed)), SilentSince: when(h.SilentSince),
		Images: v.ImagesOn(h.ID), Disk: diskOf(h.Disk), Errors: h.ErrorsSince(time.Now().Add(-v.Settings.Hosts.ErrorDecay)), Trouble: make([]trouble, 0, len(h.Trouble)),
		Cloud: cloudResources{ServerID: h.Cloud.ServerID, SecurityGroupID: h.Cloud.SecurityGroupID, VolumeIDs: filled(h.Cloud.VolumeIDs)},
	}
	for _, p := range h.Passed {
		out.Steps = append(out.Steps, step{Step: p.Stage, Seconds: p.Duration.Seconds()})
	}
	for _, t := range h.Trouble {
		out.Trouble = append(out.Trouble, trouble{At: t.At.UTC(), Message: t.Message})
	}
	return out
}

func (s *server) listHosts(context.Context, *WholeInput) (*listOutput[host], error) {
	v := s.Views.Snapshot()
	items := make([]host, 0, len(v.Hosts))
	for _, h := range v.Hosts {
		items = append(items, hostOf(v, h))
	}
	return whole(items), nil
}

func (s *server) getHost(_ context.Context, in *IDInput) (*bodyOutput[host], error) {
	v := s.Views.Snapshot()
	h := v.Host(in.ID)
	if h == nil {
		return nil, notFound("host")
	}
	return &bodyOutput[host]{Body: hostOf(v, h)}, nil
}

func (s *server) retireHost(ctx context.Context, in *IDInput) (*bodyOutput[host], error) {
	return s.actOnHost(ctx, "host.retire", in.ID, s.Hosts.RetireHost)
}

func (s *server) releaseHost(ctx context.Context, in *IDInput) (*bodyOutput[host], error) {
	return s.actOnHost(ctx, "host.release", in.ID, s.Hosts.ReleaseHost)
}

func (s *server) actOnHost(ctx context.Context, action, id string, do func(context.Context, pool.User, string) (pool.Host, error)) (*bodyOutput[host], error) {
	h, err := do(ctx, callerOf(ctx).User, id)
	if err != nil {
		return nil, err
	}
	s.note(ctx, action, id, h.Name)
	return &bodyOutput[host]{Body: hostOf(s.Views.Snapshot(), &h)}, nil
}
