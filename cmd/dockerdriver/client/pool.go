package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Pool is the state of the whole pool.
type Pool struct {
	State     string       `json:"state"`
	Since     *time.Time   `json:"since"`
	Reason    string       `json:"reason"`
	Blockers  []string     `json:"blockers"`
	Drain     *Drain       `json:"drain"` // nil: the pool runs
	Cloud     string       `json:"cloud"`
	Slots     int          `json:"slots"`
	SlotsUsed int          `json:"slots_used"`
	SlotsFree int          `json:"slots_free"`
	Queue     []QueueEntry `json:"queue"`
	Decisions []Decision   `json:"decisions"` // newest last
	SetAside  []SetAside   `json:"set_aside"`
	Version   string       `json:"version"`
	Headroom  *Headroom    `json:"headroom"`
	Pause     *Pause       `json:"pause"` // nil: hosts are built
	Strays    []Stray      `json:"strays"`
}

// Drain is shutdown mode: what it still waits for.
type Drain struct {
	Since     *time.Time `json:"since"`
	Deadline  *time.Time `json:"deadline"` // nil: each notebook keeps its own end
	Hosts     int        `json:"hosts_left"`
	Instances int        `json:"instances_left"`
	Waits     []Blocker  `json:"waits_for"` // host by host, each with its instances behind it
}

// Blocker is one thing that a drain waits for.
type Blocker struct {
	Kind    string     `json:"kind"` // host, instance, stray or cloud
	ID      string     `json:"id"`
	Name    string     `json:"name"`
	HostID  string     `json:"host_id"`
	User    string     `json:"user"`
	Message string     `json:"message"`
	EndsAt  *time.Time `json:"ends_at"`
	Remove  []string   `json:"remove"` // commands that remove by hand what is left
}

// QueueEntry is one instance that waits for a place.
type QueueEntry struct {
	InstanceID string `json:"instance_id"`
	Position   int    `json:"position"`
	Reason     string `json:"reason"`
}

// Decision is one thing the scaler decided, with what it saw.
type Decision struct {
	At      *time.Time `json:"at"`
	Action  string     `json:"action"`
	Subject string     `json:"subject"`
	Because string     `json:"because"`
}

// SetAside is a part of the server that failed again and again and rests.
type SetAside struct {
	Actor     string     `json:"actor"`
	At        *time.Time `json:"at"`
	Reason    string     `json:"reason"`
	Tries     int        `json:"tries"`
	Error     string     `json:"error"`
	Hint      string     `json:"hint"`
	IsRetried bool       `json:"is_retried"` // without being asked
}

// Headroom is what the scaler last saw when it asked whether hosts are missing.
type Headroom struct {
	Projected int  `json:"projected"` // free slots after the queue, with hosts on their way
	Target    int  `json:"target"`
	Largest   int  `json:"largest"` // slots of the largest active blueprint
	Fits      bool `json:"fits"`    // whether that one finds room at once
	Hosts     int  `json:"hosts"`
	MaxHosts  int  `json:"max_hosts"`
	Building  int  `json:"building"`
}

// Pause tells why no hosts are built for a while.
type Pause struct {
	Since  *time.Time `json:"since"`
	Until  *time.Time `json:"until"`
	Reason string     `json:"reason"`
}

// Stray is what the cloud holds of ours without a record.
type Stray struct {
	Kind      string     `json:"kind"`
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	HostID    string     `json:"host_id"`
	CreatedAt *time.Time `json:"created_at"`
	ReleaseAt *time.Time `json:"release_at"` // nil: it is not released by itself
	Reason    string     `json:"reason"`     // what makes it one
}

// Pool returns the state of the pool.
func (c *Client) Pool(ctx context.Context) (One[Pool], error) {
	return one[Pool](ctx, c, http.MethodGet, "/pool", nil)
}

// BeginDrain puts the pool into shutdown mode. The deadline is a span (2h), a time
// (RFC 3339), now, or none; empty leaves the one that is set.
func (c *Client) BeginDrain(ctx context.Context, deadline string) (One[Pool], error) {
	return one[Pool](ctx, c, http.MethodPost, "/pool/drain", map[string]string{"deadline": deadline})
}

// RetryActor tries a part of the server again that was set aside.
func (c *Client) RetryActor(ctx context.Context, actor string) (One[Pool], error) {
	return one[Pool](ctx, c, http.MethodPost, "/pool/set-aside/"+url.PathEscape(actor)+"/retry", nil)
}

// ReleaseStray begins the release of a stray, by the cloud's id, with all that was
// made for the same host, and returns the host that they are released as.
func (c *Client) ReleaseStray(ctx context.Context, id string) (One[Host], error) {
	return one[Host](ctx, c, http.MethodDelete, "/pool/strays/"+url.PathEscape(id), nil)
}

// EndDrain takes shutdown mode back.
func (c *Client) EndDrain(ctx context.Context) (One[Pool], error) {
	return one[Pool](ctx, c, http.MethodDelete, "/pool/drain", nil)
}
