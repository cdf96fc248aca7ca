package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/tmaxmax/go-sse"
)

// Kinds of events. Each one's data has the shape that a GET of its subject
// answers; EventResync has none and asks to read everything again.
const (
	EventInstance  = "instance"
	EventHost      = "host"
	EventBlueprint = "blueprint"
	EventVariable  = "variable"
	EventImages    = "images" // the list of all images
	EventPush      = "push"   // a Push
	EventPool      = "pool"
	EventResync    = "resync"
)

// silenceLimit is after how long without a byte a stream counts as broken; the
// server writes at least every 10 s.
const silenceLimit = 30 * time.Second

// Event is one of the stream, its data as it came.
type Event struct {
	ID   string
	Kind string
	Data json.RawMessage
}

// Follow reads the event stream from after the event of an id, from now when it
// is empty, until ctx ends or the stream breaks, and always returns an error
// that says why. opened is called when the server has accepted, before the
// first event.
func (c *Client) Follow(ctx context.Context, after string, opened func(), each func(Event)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silent := time.AfterFunc(c.silence, func() {
		cancel(&Unreachable{URL: c.URL(), why: fmt.Errorf("it has been silent for %s", c.silence)})
	})
	defer silent.Stop()
	resp, err := c.openStream(ctx, after)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	opened()
	heard := reading{resp.Body, func() { silent.Reset(c.silence) }}
	for e, err := range sse.Read(heard, &sse.ReadConfig{MaxEventSize: answerLimit}) {
		if err != nil {
			return c.broken(ctx, err)
		}
		each(Event{ID: e.LastEventID, Kind: e.Type, Data: json.RawMessage(e.Data)})
	}
	return c.broken(ctx, errors.New("it has ended the event stream"))
}

func (c *Client) openStream(ctx context.Context, after string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base.JoinPath(apiRoot, "/events").String(), nil)
	if err != nil {
		return nil, fmt.Errorf("cannot make the request: %v", err)
	}
	req.Header.Set("Accept", "text/event-stream, application/problem+json")
	if after != "" {
		req.Header.Set("Last-Event-ID", after)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	endless := *c.http // the stream has no end; its silence is watched instead
	endless.Timeout = 0
	resp, err := endless.Do(req)
	if err != nil {
		return nil, c.broken(ctx, err)
	}
	if resp.StatusCode == http.StatusOK && strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		return resp, nil
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, answerLimit))
	if err != nil {
		return nil, c.broken(ctx, err)
	}
	return nil, errorOf(c.URL(), resp, text)
}

// broken tells why a stream is over: the caller went, it was silent, or what the
// connection says.
func (c *Client) broken(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	if silent, ok := errors.AsType[*Unreachable](cause); ok {
		return silent
	}
	if cause != nil {
		return fmt.Errorf("cannot wait for the server: %w", cause)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("it has cut the connection")
	}
	return &Unreachable{URL: c.URL(), why: err}
}

// reading tells of every piece that is read.
type reading struct {
	from io.Reader
	some func()
}

func (r reading) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	if n > 0 {
		r.some()
	}
	return n, err
}
