package pool

import "time"

// Image is one image in the image directory, or a file there that holds none.
type Image struct {
	// ID is the digest of the image's configuration (sha256:…), which the
	// classic image store of Docker engines uses as the image id. Empty when Fault is set.
	ID   string   `json:"id"`
	Tags []string `json:"tags"` // as the file's own manifest says, normalised (docker.io dropped)
	File string   `json:"file"` // base name in the image directory
	Size int64    `json:"size"` // bytes of the file
	// Unpacked is the bytes of the image's layers as tar, what an engine unpacks.
	Unpacked int64     `json:"unpacked"`
	Platform string    `json:"platform"` // os/architecture[/variant], as the image says
	Layers   []string  `json:"layers"`   // diff ids, bottom up
	Ports    []int     `json:"ports"`    // exposed TCP ports
	Created  time.Time `json:"created"`  // as the image says
	Changed  time.Time `json:"changed"`  // when the file was changed
	// Fault says in words why the file cannot be used; such a file is never pushed.
	Fault string `json:"fault,omitempty"`
}

// PushState is where a push of one image to one host stands.
type PushState string

// States of a push: waiting → sending → verifying → done | failed.
const (
	PushWaiting   PushState = "waiting"
	PushSending   PushState = "sending"
	PushVerifying PushState = "verifying"
	PushDone      PushState = "done"
	PushFailed    PushState = "failed"
)

// Push is the progress of one image on its way to one host.
type Push struct {
	HostID  string    `json:"host_id"`
	ImageID string    `json:"image_id"`
	State   PushState `json:"state"`
	Sent    int64     `json:"sent"`    // bytes
	Total   int64     `json:"total"`   // bytes that are sent; without those skipped
	Skipped int64     `json:"skipped"` // bytes of layers that the host had
	Since   time.Time `json:"since"`   // when the transfer began
	Failure string    `json:"failure,omitempty"`
}

// Left estimates how long the transfer still takes at the pace so far; false
// while too little is known.
func (p Push) Left(now time.Time) (time.Duration, bool) {
	spent := now.Sub(p.Since)
	if p.State != PushSending || p.Since.IsZero() || p.Sent <= 0 || p.Total < p.Sent || spent < time.Second {
		return 0, false
	}
	return time.Duration(float64(spent) * float64(p.Total-p.Sent) / float64(p.Sent)), true
}

// Shipment is what a push of one image amounts to, in bytes of the stream.
type Shipment struct {
	Total   int64 // what is sent
	Skipped int64 // what the layers left out would have added
}

// EngineImage is one image on a host's engine.
type EngineImage struct {
	ID      string
	Tags    []string
	Size    int64     // bytes of its layers unpacked, shared ones included
	Created time.Time // as the image says
	Layers  []string  // diff ids, bottom up; nil where the engine does not tell
}

// Disk is the room that a host's engine has for images and containers.
type Disk struct {
	Total int64     `json:"total"` // bytes
	Free  int64     `json:"free"`  // bytes
	At    time.Time `json:"at"`    // when it was looked at
}

// PullState is where a pull from a registry stands.
type PullState string

// States of a pull: pulling → done | failed.
const (
	PullPulling PullState = "pulling"
	PullDone    PullState = "done"
	PullFailed  PullState = "failed"
)

// Pull is the progress of one image from a registry into the image directory.
type Pull struct {
	ID        string
	Reference string // as asked for
	Platform  string // os/architecture[/variant]
	State     PullState
	Got       int64  // bytes
	Total     int64  // bytes; 0 while unknown
	File      string // in the image directory, when done
	Failure   string
	By        string // user id
	StartedAt time.Time
	EndedAt   time.Time
}
