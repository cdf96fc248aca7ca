package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Image is one image of the image directory, or a file that holds none.
type Image struct {
	ID       string     `json:"id"`
	Tags     []string   `json:"tags"`
	File     string     `json:"file"`
	Size     int64      `json:"size"` // bytes
	Changed  *time.Time `json:"changed"`
	Fault    string     `json:"fault"`
	UsedBy   []string   `json:"used_by"`
	Platform string     `json:"platform"`
	Running  int        `json:"running"`  // live instances of it
	Outdated []Outdated `json:"outdated"` // live instances of an older one of the same name
	Hosts    []Presence `json:"hosts"`
}

// Outdated is an instance whose image has been replaced since it was launched.
type Outdated struct {
	InstanceID   string `json:"instance_id"`
	InstanceName string `json:"instance_name"`
	ImageID      string `json:"image_id"` // what it runs
}

// Presence is how far an image is on one host.
type Presence struct {
	HostID     string   `json:"host_id"`
	State      string   `json:"state"`       // absent, waiting, sending, verifying, failed or present
	Sent       int64    `json:"sent"`        // bytes
	Total      int64    `json:"total"`       // bytes
	Skipped    int64    `json:"skipped"`     // bytes of layers that the host had already
	ETASeconds *float64 `json:"eta_seconds"` // nil while it cannot be estimated
	Failure    string   `json:"failure"`
}

// OnTheWay tells whether the image is neither there nor simply absent: it waits,
// is sent or looked at, or did not arrive.
func (p Presence) OnTheWay() bool { return p.State != "absent" && p.State != "present" }

// Push is an image on its way to a host, as events tell it.
type Push struct {
	HostID  string `json:"host_id"`
	ImageID string `json:"image_id"`
	State   string `json:"state"` // waiting, sending, verifying, done or failed
	Sent    int64  `json:"sent"`  // bytes
	Total   int64  `json:"total"` // bytes
	Failure string `json:"failure"`
}

// Pull is an image on its way from a registry into the image directory.
type Pull struct {
	ID        string     `json:"id"`
	Reference string     `json:"reference"`
	Platform  string     `json:"platform"`
	State     string     `json:"state"` // pulling, done or failed
	Got       int64      `json:"got"`   // bytes
	Total     int64      `json:"total"` // bytes; 0 while unknown
	File      string     `json:"file"`
	Failure   string     `json:"failure"`
	StartedAt *time.Time `json:"started_at"`
	EndedAt   *time.Time `json:"ended_at"`
}

// Images lists the image directory.
func (c *Client) Images(ctx context.Context) (List[Image], error) {
	return list[Image](ctx, c, "/images", nil)
}

// PushImage brings an image to hosts; no ids mean all that are active.
func (c *Client) PushImage(ctx context.Context, digest string, hostIDs []string) (One[Image], error) {
	return one[Image](ctx, c, http.MethodPost, "/images/"+url.PathEscape(digest)+"/push", map[string]any{"host_ids": append([]string{}, hostIDs...)})
}

// RemoveImage removes the file that holds an image, or a file with a fault by its name.
func (c *Client) RemoveImage(ctx context.Context, digestOrFile string) error {
	_, err := c.do(ctx, http.MethodDelete, "/images/"+url.PathEscape(digestOrFile), nil, nil)
	return err
}

// PullImage begins a pull, or finds the one under way. An empty platform means
// Linux on the server's architecture.
func (c *Client) PullImage(ctx context.Context, reference, platform string) (One[Pull], error) {
	body := map[string]string{"reference": reference}
	if platform != "" {
		body["platform"] = platform
	}
	return one[Pull](ctx, c, http.MethodPost, "/image-pulls", body)
}

// Pulls lists the last pulls, newest first.
func (c *Client) Pulls(ctx context.Context) (List[Pull], error) {
	return list[Pull](ctx, c, "/image-pulls", nil)
}

// CancelPull ends a pull.
func (c *Client) CancelPull(ctx context.Context, id string) error {
	_, err := c.do(ctx, http.MethodDelete, "/image-pulls/"+url.PathEscape(id), nil, nil)
	return err
}
