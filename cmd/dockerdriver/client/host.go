package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Host is one notebook host as the API shows it.
type Host struct {
	ID            string         `json:"id"`
	Name          string         `json:"name"`
	State         string         `json:"state"`
	Stage         string         `json:"stage"`
	StateSince    *time.Time     `json:"state_since"`
	Slots         int            `json:"slots"`
	SlotsUsed     int            `json:"slots_used"`
	Address       string         `json:"address"`
	CreatedAt     *time.Time     `json:"created_at"`
	ExpiresAt     *time.Time     `json:"expires_at"` // nil: no end
	EngineVersion string         `json:"engine_version"`
	Flavor        string         `json:"flavor"`
	Steps         []Step         `json:"steps"`
	Disk          *Disk          `json:"disk"`         // nil: nobody has looked
	Errors        int            `json:"errors"`       // that still count
	SilentSince   *time.Time     `json:"silent_since"` // nil: it answers
	Trouble       []Trouble      `json:"trouble"`      // newest last
	Cloud         CloudResources `json:"cloud"`
}

// Disk is the room of a host's engine for images and containers.
type Disk struct {
	Total int64      `json:"total"` // bytes
	Free  int64      `json:"free"`  // bytes
	At    *time.Time `json:"at"`    // when it was looked at
}

// Step is one that a host has passed on the way to active.
type Step struct {
	Step    string  `json:"step"`
	Seconds float64 `json:"seconds"`
}

// Trouble is a fault of a host in words.
type Trouble struct {
	At      *time.Time `json:"at"`
	Message string     `json:"message"`
}

// CloudResources names what the cloud holds for a host.
type CloudResources struct {
	ServerID        string   `json:"server_id"`
	SecurityGroupID string   `json:"security_group_id"`
	VolumeIDs       []string `json:"volume_ids"`
}

// Hosts lists the notebook hosts.
func (c *Client) Hosts(ctx context.Context) (List[Host], error) {
	return list[Host](ctx, c, "/hosts", nil)
}

// Host returns one host; it is not found once nothing of it is left.
func (c *Client) Host(ctx context.Context, id string) (One[Host], error) {
	return one[Host](ctx, c, http.MethodGet, "/hosts/"+url.PathEscape(id), nil)
}

// Retire lets a host take no more instances, and releases it when it is empty.
func (c *Client) Retire(ctx context.Context, id string) (One[Host], error) {
	return one[Host](ctx, c, http.MethodPost, "/hosts/"+url.PathEscape(id)+"/retire", nil)
}

// Release ends a host's instances now, and then releases it.
func (c *Client) Release(ctx context.Context, id string) (One[Host], error) {
	return one[Host](ctx, c, http.MethodPost, "/hosts/"+url.PathEscape(id)+"/release", nil)
}
