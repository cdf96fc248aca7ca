package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Instance is one launched instance as the API shows it.
type Instance struct {
	ID            string     `json:"id"`
	Name          string     `json:"name"`
	State         string     `json:"state"`
	Stage         string     `json:"stage"`
	BlueprintName string     `json:"blueprint_name"`
	HostID        string     `json:"host_id"`
	Slots         int        `json:"slots"`
	UserID        string     `json:"user_id"`
	URL           string     `json:"url"`
	CreatedAt     *time.Time `json:"created_at"`
	ExpiresAt     *time.Time `json:"expires_at"`
	LastUsedAt    *time.Time `json:"last_used_at"` // nil: not yet
	IdleEndsAt    *time.Time `json:"idle_ends_at"` // nil: never for that
	EndReason     string     `json:"end_reason"`
	Failure       *Failure   `json:"failure"`
	Queue         *Queue     `json:"queue"`
}

// Failure is what went wrong with an instance.
type Failure struct {
	Code    string   `json:"code"`
	Message string   `json:"message"`
	Hint    string   `json:"hint"`
	Log     []string `json:"log"`
}

// Queue is where a queueing instance stands.
type Queue struct {
	Position int    `json:"position"`
	Reason   string `json:"reason"`
}

// Logs are the lines of an instance's log.
type Logs struct {
	Lines []string
	Raw   json.RawMessage
}

// Kinds of logs.
const (
	LogRunning      = "running"      // the container's output
	LogProvisioning = "provisioning" // the launch, stage by stage
)

// Instances lists the caller's instances, or everybody's (admins only).
func (c *Client) Instances(ctx context.Context, everybody, ended bool) (List[Instance], error) {
	query := url.Values{}
	if everybody {
		query.Set("all", "true")
	}
	if ended {
		query.Set("ended", "true")
	}
	return list[Instance](ctx, c, "/instances", query)
}

// Instance returns one instance; it is known for a day after its end.
func (c *Client) Instance(ctx context.Context, id string) (One[Instance], error) {
	return one[Instance](ctx, c, http.MethodGet, "/instances/"+url.PathEscape(id), nil)
}

// Launch starts an instance of a blueprint; as a test, also of one that is not active.
func (c *Client) Launch(ctx context.Context, blueprintID string, test bool) (One[Instance], error) {
	body := map[string]any{"blueprint_id": blueprintID}
	if test {
		body["test"] = true
	}
	return one[Instance](ctx, c, http.MethodPost, "/instances", body)
}

// Stop ends an instance; to repeat it is no error.
func (c *Client) Stop(ctx context.Context, id string) (One[Instance], error) {
	return one[Instance](ctx, c, http.MethodDelete, "/instances/"+url.PathEscape(id), nil)
}

// Extend begins an instance's lifetime anew, as far as its blueprint allows.
func (c *Client) Extend(ctx context.Context, id string) (One[Instance], error) {
	return one[Instance](ctx, c, http.MethodPost, "/instances/"+url.PathEscape(id)+"/extend", nil)
}

// Logs returns the last lines of an instance's log of one kind.
func (c *Client) Logs(ctx context.Context, id, kind string, lines int) (Logs, error) {
	query := url.Values{"type": {kind}, "lines": {strconv.Itoa(lines)}}
	found, err := list[string](ctx, c, "/instances/"+url.PathEscape(id)+"/logs", query)
	return Logs{Lines: found.Items, Raw: found.Raw}, err
}
