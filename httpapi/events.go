package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/rs/zerolog"

	"dockerdriver/actors/pool"
)

const (
	// keepAlive is how often a quiet stream says that it lives, and how often
	// it asks whether its reader may still read.
	keepAlive = 10 * time.Second
	// eventPatience is how long a reader may take to accept one event.
	eventPatience = 10 * time.Second
	// reconnectAfter is what the stream asks browsers to wait, in milliseconds.
	reconnectAfter = 2000
)

// gone is the data of an event about something that is no longer there, or no
// longer to be seen by the reader.
type gone struct {
	Deleted bool   `json:"deleted"`
	ID      string `json:"id"`
}

type eventsInput struct {
	LastEventID string `header:"Last-Event-ID" maxLength:"32" doc:"Id of the last event seen; what came after it is sent again"`
	After       string `query:"after" maxLength:"32" doc:"The same, for clients that cannot set headers"`
}

type eventsOutput struct{ Body func(huma.Context) }

func (s *server) streamEvents(ctx context.Context, in *eventsInput) (*eventsOutput, error) {
	after, err := afterOf(in)
	if err != nil {
		return nil, err
	}
	return &eventsOutput{Body: func(hctx huma.Context) {
		r, w := humachi.Unwrap(hctx)
		s.follow(ctx, w, r, after)
	}}, nil
}

func afterOf(in *eventsInput) (uint64, error) {
	id := in.LastEventID
	if id == "" {
		id = in.After
	}
	if id == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil {
		return 0, pool.Invalid("after", "The last event id is not a number.", "Leave it out to begin now.")
	}
	return n, nil
}

// follow writes events until the reader is gone, may no longer read, or the
// system stops.
func (s *server) follow(ctx context.Context, w http.ResponseWriter, r *http.Request, after uint64) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c := callerOf(ctx)
	events, err := s.Views.Subscribe(ctx, after)
	if err != nil {
		p := problemOf(ctx, err)
		writeProblem(w, r, &pool.Error{Code: p.Code, Message: p.Detail, Hint: p.Hint})
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no")
	out := sseWriter{w: w, control: http.NewResponseController(w)}
	if out.send(fmt.Appendf(nil, "retry: %d\n\n", reconnectAfter)) != nil {
		return
	}
	tick := time.NewTicker(keepAlive)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case e, more := <-events:
			if !more {
				return
			}
			err = s.tell(ctx, out, e, c)
		case <-tick.C:
			if c, err = s.identify(r); err == nil {
				err = out.send([]byte(": keep-alive\n\n"))
			}
		}
		if err != nil {
			zerolog.Ctx(ctx).Debug().Err(err).Msg("event stream ended")
			return
		}
	}
}

func (s *server) tell(ctx context.Context, out sseWriter, e pool.Event, c caller) error {
	if !e.VisibleTo(c.User) {
		return nil
	}
	data, err := json.Marshal(s.dataOf(ctx, s.Views.Snapshot(), e, c))
	if err != nil {
		return err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "id: %d\nevent: %s\ndata: %s\n\n", e.ID, e.Kind, data)
	return out.send(b.Bytes())
}

// dataOf is the shape that a GET of the event's subject answers.
func (s *server) dataOf(ctx context.Context, v *pool.View, e pool.Event, c caller) any {
	switch {
	case e.Instance != nil:
		return s.instanceOf(ctx, v, e.Instance, c)
	case e.Host != nil && e.Deleted:
		return gone{Deleted: true, ID: e.Host.ID}
	case e.Host != nil:
		return hostOf(v, e.Host)
	case e.Blueprint != nil && (e.Deleted || !c.sees(e.Blueprint)):
		return gone{Deleted: true, ID: e.Blueprint.ID}
	case e.Blueprint != nil:
		return blueprintOf(e.Blueprint)
	case e.Announcement != nil && e.Deleted:
		return gone{Deleted: true, ID: e.Announcement.ID}
	case e.Announcement != nil:
		return s.announcementOf(ctx, e.Announcement, c)
	case e.Variable != nil:
		return s.variableOf(ctx, *e.Variable)
	case e.Push != nil:
		return pushOf(*e.Push)
	case e.Pull != nil:
		return pullOf(*e.Pull)
	case e.Kind == pool.EventImages:
		return imagesOf(v)
	case e.Kind == pool.EventPool:
		return s.poolOf(ctx, v, c)
	}
	return struct{}{}
}

// sseWriter writes to one reader, who has a limited time to take each piece.
type sseWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func (s sseWriter) send(piece []byte) error {
	if err := s.control.SetWriteDeadline(time.Now().Add(eventPatience)); err != nil {
		return err
	}
	if _, err := s.w.Write(piece); err != nil {
		return err
	}
	return s.control.Flush()
}

// eventResponses describes the stream: each event's data is one of these shapes.
func eventResponses(r huma.Registry) map[string]*huma.Response {
	shapes := []*huma.Schema{}
	for _, t := range []reflect.Type{
		reflect.TypeFor[instance](), reflect.TypeFor[host](), reflect.TypeFor[blueprint](), reflect.TypeFor[variable](),
		reflect.TypeFor[list[image]](), reflect.TypeFor[push](), reflect.TypeFor[pull](), reflect.TypeFor[poolStatus](), reflect.TypeFor[announcement](), reflect.TypeFor[gone](),
	} {
		shapes = append(shapes, r.Schema(t, true, ""))
	}
	return map[string]*huma.Response{"200": {
		Description: "Events instance, host, blueprint, variable, images, push, pull, pool, announcement and resync (read everything again), with ids",
		Content:     map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{OneOf: shapes}}},
	}}
}
