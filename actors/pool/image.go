package pool

import "time"

// Image is one image in the image directory, or a file there that holds none.
type Image struct {
	// ID is the digest of the image's configuration (sha256:…), which the
	// classic image store of Docker engines uses as the image id. Empty when Fault is set.
	ID      string    `json:"id"`
	Tags    []string  `json:"tags"`    // as the file's own manifest says, normalised (docker.io dropped)
	File    string    `json:"file"`    // base name in the image directory
	Size    int64     `json:"size"`    // bytes of the file
	Layers  []string  `json:"layers"`  // diff ids, bottom up
	Ports   []int     `json:"ports"`   // exposed TCP ports
	Created time.Time `json:"created"` // as the image says
	Changed time.Time `json:"changed"` // when the file was changed
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
	Sent    int64     `json:"sent"`  // bytes
	Total   int64     `json:"total"` // bytes
	Failure string    `json:"failure,omitempty"`
}
