package pool

import (
	"slices"
	"time"
)

// HostState is where a notebook host stands between intent and released.
//
//	requested → building → preparing → active → inactive → removing → removed
//	     └──────────┴───────────┴─────────┴────────┘            │
//	                                            removing → stuck → removing
type HostState string

// States of a host; see HostState for the drawing.
const (
	HostRequested HostState = "requested"
	HostBuilding  HostState = "building"
	HostPreparing HostState = "preparing"
	HostActive    HostState = "active"
	HostInactive  HostState = "inactive"
	HostRemoving  HostState = "removing"
	HostRemoved   HostState = "removed"
	HostStuck     HostState = "stuck"
)

var hostNext = map[HostState][]HostState{
	HostRequested: {HostBuilding, HostRemoving},
	HostBuilding:  {HostPreparing, HostRemoving},
	HostPreparing: {HostActive, HostRemoving},
	HostActive:    {HostInactive, HostRemoving, HostPreparing},
	HostInactive:  {HostActive, HostPreparing, HostRemoving},
	HostRemoving:  {HostRemoved, HostStuck},
	HostStuck:     {HostRemoving, HostRemoved},
	HostRemoved:   {},
}

// CanBecome tells whether the transition is in the table. Staying is allowed:
// a restart repeats the step it was in.
func (s HostState) CanBecome(next HostState) bool {
	return s == next || slices.Contains(hostNext[s], next)
}

// Takes tells whether a host in this state accepts new instances.
func (s HostState) Takes() bool { return s == HostActive }

// Ended tells whether nothing of the host is left.
func (s HostState) Ended() bool { return s == HostRemoved }

// Why a host is inactive (Host.Stage while inactive), or the step it is in.
const (
	HostStageEngine   = "engine"
	HostStageProbe    = "probe"
	HostStageImages   = "images"
	HostStageRetiring = "retiring"
	HostStageDraining = "draining"
	// HostStageErrors: too many errors, or an engine that is silent; it may come back.
	HostStageErrors = "errors"
	// HostStageLost: given up with its instances, to be released and replaced.
	HostStageLost = "lost"
)

// Host is one machine with a Docker engine, from intent to released. It is
// also the durable record: what is not in it is not known after a restart.
type Host struct {
	ID    string    `json:"id"`
	Name  string    `json:"name"` // pb_dd_<hex>, chosen before anything is made
	State HostState `json:"state"`
	Stage string    `json:"stage,omitempty"`
	// Slots is the capacity; used slots are derived from instances and never stored.
	Slots    int      `json:"slots"`
	Endpoint Endpoint `json:"endpoint"`
	// EngineID is the engine's own identity: another one at the same address is another host.
	EngineID      string    `json:"engine_id,omitempty"`
	EngineVersion string    `json:"engine_version,omitempty"`
	CreatedAt     time.Time `json:"created_at"`
	StateSince    time.Time `json:"state_since"`
	// ReadyBy is when the step on the way to active (building, then preparing) has
	// its end; zero: no limit.
	ReadyBy time.Time `json:"ready_by,omitzero"`
	// InUseSince is when the lifetime began: with the first instance, or when the
	// policy began it for a host that is not wanted for long. Zero: not yet.
	InUseSince time.Time `json:"in_use_since,omitzero"`
	// SilentSince is when the engine last stopped answering; zero while it answers.
	SilentSince time.Time `json:"silent_since,omitzero"`
	// Passed holds the steps on the way to active, with how long each took.
	Passed []StageTime    `json:"passed,omitempty"`
	Cloud  CloudResources `json:"cloud"`
	// Plan is what the cloud is asked for, decided once from the settings of the
	// moment, so that a repeated step asks for the same.
	Plan HostPlan `json:"plan,omitzero"`
	// Trouble holds the last faults in words, newest last, at most MaxTrouble.
	Trouble []Trouble `json:"trouble,omitempty"`
	Errors  int       `json:"errors"`
	// Disk is the room of its engine at the last look; zero: nobody has looked.
	Disk Disk `json:"disk,omitzero"`
}

// HostPlan is what a cloud is asked to build (ancestor.md, DD_HOST_*). A cloud
// of one ready machine has none.
type HostPlan struct {
	Flavor      string   `json:"flavor"`
	Slots       int      `json:"slots"`              // what that flavor holds
	Image       string   `json:"image"`              // name or id
	Networks    []string `json:"networks,omitempty"` // ids; none: the project's only one
	MasterGroup string   `json:"master_group"`       // the server's own security group, the source of every rule
	ExtraGroups []string `json:"extra_groups,omitempty"`
	// RootVolumeGB boots from a new volume of that size; 0 boots from the image.
	RootVolumeGB int `json:"root_volume_gb,omitempty"`
	// DataVolumeGB is the volume for the engine's data; 0: none.
	DataVolumeGB     int    `json:"data_volume_gb,omitempty"`
	DataVolumeDevice string `json:"data_volume_device,omitempty"`
	DataVolumeType   string `json:"data_volume_type,omitempty"`
	// PortFirst and PortLast bound the ports that containers are published on.
	PortFirst int `json:"port_first,omitempty"`
	PortLast  int `json:"port_last,omitempty"`
	// ExtraUserData is the site's own cloud-init part (cloud-config), put beside ours.
	ExtraUserData string `json:"extra_user_data,omitempty"`
}

// CloudResources names what the cloud holds for a host, so that it can be
// found and released after any crash.
type CloudResources struct {
	ServerID        string   `json:"server_id,omitempty"`
	SecurityGroupID string   `json:"security_group_id,omitempty"`
	VolumeIDs       []string `json:"volume_ids,omitempty"`
}

// Thing is one object in the cloud that carries our installation's mark.
type Thing struct {
	Kind      string    `json:"kind"` // server, volume or security group
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	HostID    string    `json:"host_id"` // as its mark says
	CreatedAt time.Time `json:"created_at"`
}

// Kinds of Thing.
const (
	ThingServer = "server"
	ThingVolume = "volume"
	ThingGroup  = "security group"
)

// Stray is what the cloud holds of ours without a record.
type Stray struct {
	Thing
	FoundAt time.Time `json:"found_at"` // when it was first seen
	// ReleaseAt is when its release begins, unless a record turns up; zero: never by
	// itself, for its mark does not say which host it was made for.
	ReleaseAt time.Time `json:"release_at,omitzero"`
}

// Why says in words what makes it one.
func (s Stray) Why() string {
	if s.HostID == "" {
		return "it carries our mark, which names no host"
	}
	return "it was made for host " + s.HostID + ", of which there is no record"
}

// Endpoint says how to reach a host's engine and its published ports.
type Endpoint struct {
	// URL is the engine's address as DOCKER_HOST writes it: unix:///path or tcp://ip:port.
	URL string `json:"url,omitempty"`
	// Address is the IP that container ports are published on and dialled at.
	Address string `json:"address,omitempty"`
	// ServerName is what the engine's certificate must say; empty without TLS.
	ServerName string `json:"server_name,omitempty"`
}

// MaxTrouble bounds Host.Trouble.
const MaxTrouble = 10

// MaxHostErrors is how many errors that still count a host may have and take
// instances (ancestor.md, "Policy").
const MaxHostErrors = 5

// Trouble is a fault that an operator reads on the pool page.
type Trouble struct {
	At      time.Time `json:"at"`
	Message string    `json:"message"`
}

// WithTrouble returns a copy of the host that remembers one more fault.
func (h Host) WithTrouble(at time.Time, message string) Host {
	h.Trouble = append(slices.Clone(h.Trouble), Trouble{At: at, Message: message})
	if n := len(h.Trouble); n > MaxTrouble {
		h.Trouble = h.Trouble[n-MaxTrouble:]
	}
	h.Errors++
	return h
}

// ErrorsSince counts the faults after a time, at most MaxTrouble.
func (h Host) ErrorsSince(t time.Time) int {
	n := 0
	for _, fault := range h.Trouble {
		if fault.At.After(t) {
			n++
		}
	}
	return n
}

// IsRented tells whether a cloud made the machine for us, so that it can be
// given back and replaced. A machine that was there before is waited for instead.
func (h Host) IsRented() bool { return h.Plan.Flavor != "" }

// ProbeTag is the name of the image that probes run from.
const ProbeTag = "dockerdriver/probe:latest"

// ProbeID is the instance id on the label of containers that probe this host.
// No instance has it.
func (h Host) ProbeID() string { return "probe-" + h.ID }

// ExpiresAt is when the host's lifetime is over; zero: never, or not begun.
func (h Host) ExpiresAt(lifetime time.Duration) time.Time {
	if lifetime == 0 || h.InUseSince.IsZero() {
		return time.Time{}
	}
	return h.InUseSince.Add(lifetime)
}

// At returns a copy of the host moved to a state and stage at a time. The
// caller has checked CanBecome.
func (h Host) At(state HostState, stage string, now time.Time) Host {
	if h.State == state && h.Stage == stage {
		return h
	}
	if h.State == HostRequested || h.State == HostBuilding || h.State == HostPreparing {
		left := h.Stage
		if left == "" {
			left = string(h.State)
		}
		h.Passed = append(slices.Clone(h.Passed), StageTime{Stage: left, Duration: now.Sub(h.StateSince)})
	}
	h.State, h.Stage, h.StateSince = state, stage, now
	return h
}

// HostEvent is one thing in the life of a host: a step or a state that began, or a fault.
type HostEvent struct {
	At    time.Time
	Step  string        // requested, building, engine, images or probe; later a state
	Took  time.Duration // of a step that is over; 0: it goes on
	Fault string        // in words; empty: it is none
}

// History is what is known of the host's life, oldest first. A step begins when the
// one before has ended, so their beginnings need not be kept.
func (h Host) History() []HostEvent {
	var all []HostEvent
	at := h.CreatedAt
	for _, p := range h.Passed {
		all = append(all, HostEvent{At: at, Step: p.Stage, Took: p.Duration})
		at = at.Add(p.Duration)
	}
	present := string(h.State)
	if h.State == HostPreparing && h.Stage != "" {
		present = h.Stage
	}
	all = append(all, HostEvent{At: h.StateSince, Step: present})
	for _, t := range h.Trouble {
		all = append(all, HostEvent{At: t.At, Fault: t.Message})
	}
	slices.SortStableFunc(all, func(a, b HostEvent) int { return a.At.Compare(b.At) })
	return all
}

// Machine is what a cloud reports of a host it has built.
type Machine struct {
	Endpoint  Endpoint
	Slots     int
	Resources CloudResources
}

// EngineInfo is what an engine says of itself.
type EngineInfo struct {
	ID         string
	Version    string
	APIVersion string
	MemoryB    int64 // bytes of memory that containers can have
	CPUs       int
	Driver     string // where it keeps images and containers: overlay2, …
	Containerd bool   // images are kept by containerd instead of by the engine itself
	Warnings   []string
}

// TakesTrimmed tells whether the engine is known to load a tarball without the
// lowest layers that it has. Its own store does, whatever the driver; overlay2 is
// the one that this was tested on.
func (i EngineInfo) TakesTrimmed() bool { return i.Driver == "overlay2" && !i.Containerd }
