package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// HostLog is how a host was built.
type HostLog struct {
	Events  []HostEvent `json:"events"` // oldest first
	Console Console     `json:"console"`
}

// HostEvent is a step or a state that began, or a fault.
type HostEvent struct {
	At      *time.Time `json:"at"`
	Step    string     `json:"step"`
	Seconds *float64   `json:"seconds"` // nil: it goes on
	Fault   string     `json:"fault"`   // empty: it is none
}

// Console is the end of what a host's machine has written.
type Console struct {
	Lines   []string `json:"lines"`
	Missing string   `json:"missing"` // why there are none; empty: there are
	Message string   `json:"message"` // the same in words
}

// HostLog returns how a host was built, with the end of its machine's console.
func (c *Client) HostLog(ctx context.Context, id string) (One[HostLog], error) {
	return one[HostLog](ctx, c, http.MethodGet, "/hosts/"+url.PathEscape(id)+"/log", nil)
}
