package pool

import "time"

// PoolState is where the whole pool stands: running → draining → drained, and
// back to running at any time.
type PoolState string

// States of the pool.
const (
	PoolRunning  PoolState = "running"
	PoolDraining PoolState = "draining"
	PoolDrained  PoolState = "drained"
)

// Status is the pool in one line, for every user's banner and the pool page.
type Status struct {
	State  PoolState `json:"state"`
	Since  time.Time `json:"since"`
	Reason string    `json:"reason,omitempty"`
	// Deadline is when shutdown mode stops what is left; zero: it waits.
	Deadline  time.Time `json:"deadline,omitzero"`
	Blockers  []Blocker `json:"-"`     // what a drain still waits for
	Cloud     string    `json:"cloud"` // local, emulator or openstack
	Slots     int       `json:"slots"` // of hosts that take instances
	SlotsUsed int       `json:"slots_used"`
	// LargestHost is the slots of the largest host that there is or can be; 0: none is known.
	LargestHost int      `json:"largest_host"`
	Queued      int      `json:"queued"`
	Headroom    Headroom `json:"headroom"`
	Pause       Pause    `json:"pause,omitzero"`
}

// Headroom is what the policy last saw when it asked whether hosts are missing.
type Headroom struct {
	// Projected is the slots that are free, or will be when hosts on their way are
	// there, after all that queue have theirs; below 0: some will still wait.
	Projected int  `json:"projected"`
	Target    int  `json:"target"`  // DD_FREE_SLOT_TARGET
	Largest   int  `json:"largest"` // slots of the largest active blueprint
	Fits      bool `json:"fits"`    // whether that one would find room at once
	Hosts     int  `json:"hosts"`
	MaxHosts  int  `json:"max_hosts"`
	Building  int  `json:"building"` // hosts on their way
}

// Pause tells why no hosts are built for a while; zero: they are.
type Pause struct {
	Since  time.Time `json:"since"`
	Until  time.Time `json:"until"` // then it is tried again
	Reason string    `json:"reason"`
}

// Decision is one thing the policy decided, with what it saw.
type Decision struct {
	At      time.Time `json:"at"`
	Action  string    `json:"action"`
	Subject string    `json:"subject,omitempty"`
	Because string    `json:"because"`
}

// View is a snapshot of everything that can be read, published by the
// supervisor behind an atomic pointer. Nothing in it may be written to.
type View struct {
	Revision      uint64
	At            time.Time
	Status        Status
	Settings      Settings
	Hosts         []*Host     // oldest first
	Instances     []*Instance // oldest first; ended ones are kept for a day
	Images        []Image
	Blueprints    []*Blueprint    // by name
	Announcements []*Announcement // by their beginning; of those that are over the last ones
	Variables     []Variable      // in the order of Definitions, with defaults filled in
	Pushes        []Push
	Pulls         []Pull     // newest first, at most 20
	Decisions     []Decision // newest last, at most 50
	SetAside      []SetAside
	Strays        []Stray
}

// SetAside is an actor that failed again and again and is not respawned until
// somebody asks for that, wants something of it, or the server restarts.
type SetAside struct {
	Actor  string    `json:"actor"` // Host-<id>, Instance-<id>, Proxy, Feed; PoolSupervisor is tried again by itself
	At     time.Time `json:"at"`
	Reason string    `json:"reason"` // in words: how often it failed
	Tries  int       `json:"tries"`
	Error  string    `json:"error"` // the last panic
	Hint   string    `json:"hint"`  // what it means, and what to do
	// IsRetried tells that it is tried again without being asked.
	IsRetried bool `json:"is_retried"`
}

// Instance returns the instance of that id, or nil.
func (v *View) Instance(id string) *Instance {
	for _, i := range v.Instances {
		if i.ID == id {
			return i
		}
	}
	return nil
}

// ByLabel returns the instance with that route label, or nil.
func (v *View) ByLabel(label string) *Instance {
	for _, i := range v.Instances {
		if i.Label == label {
			return i
		}
	}
	return nil
}

// Host returns the host of that id, or nil.
func (v *View) Host(id string) *Host {
	for _, h := range v.Hosts {
		if h.ID == id {
			return h
		}
	}
	return nil
}

// Blueprint returns the blueprint of that id, or nil.
func (v *View) Blueprint(id string) *Blueprint {
	for _, b := range v.Blueprints {
		if b.ID == id {
			return b
		}
	}
	return nil
}

// Announcement returns the announcement of that id, or nil.
func (v *View) Announcement(id string) *Announcement {
	for _, a := range v.Announcements {
		if a.ID == id {
			return a
		}
	}
	return nil
}

// ImageByRef finds the usable image that a tag or an image id names.
func (v *View) ImageByRef(ref string) (Image, bool) { return FindImage(v.Images, ref) }

// SlotsUsed returns the slots that instances hold on a host.
func (v *View) SlotsUsed(hostID string) int {
	used := 0
	for _, i := range v.Instances {
		if i.HostID == hostID && i.State.HoldsSlots() {
			used += i.Spec.Slots
		}
	}
	return used
}

// PushFor returns the push that an instance in its image stage waits for, or nil.
func (v *View) PushFor(i *Instance) *Push {
	if i.Stage != StageImage {
		return nil
	}
	for n, p := range v.Pushes {
		if p.HostID == i.HostID && p.ImageID == i.Spec.ImageID {
			return &v.Pushes[n]
		}
	}
	return nil
}

// ImagesOn returns the ids of the images that a host has been seen to have.
func (v *View) ImagesOn(hostID string) []string {
	ids := []string{}
	for _, p := range v.Pushes {
		if p.HostID == hostID && p.State == PushDone {
			ids = append(ids, p.ImageID)
		}
	}
	return ids
}

// FindImage finds the usable image that a tag ("a/b", "a/b:1") or an image id names.
func FindImage(images []Image, ref string) (Image, bool) {
	want := NormalizeRef(ref)
	for _, img := range images {
		if img.Fault != "" {
			continue
		}
		if img.ID == ref {
			return img, true
		}
		for _, tag := range img.Tags {
			if NormalizeRef(tag) == want {
				return img, true
			}
		}
	}
	return Image{}, false
}
