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
	Images        []string       `json:"images" doc:"Image ids that it had at the last look"`
	Errors        int            `json:"errors" doc:"Faults so far"`
	Trouble       []trouble      `json:"trouble" doc:"Last faults, newest last"`
	Cloud         cloudResources `json:"cloud"`
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
		Images: v.ImagesOn(h.ID), Errors: h.Errors, Trouble: make([]trouble, 0, len(h.Trouble)),
		Cloud: cloudResources{ServerID: h.Cloud.ServerID, SecurityGroupID: h.Cloud.SecurityGroupID, VolumeIDs: filled(h.Cloud.VolumeIDs)},
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
