//lint:file-ignore SA1019 the deprecated fields are what dockerd still sends

package engine

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"
	apitime "github.com/docker/docker/api/types/time"
)

const (
	// eventMemory is how many past events `since` can ask for; dockerd remembers as many.
	eventMemory = 256
	// eventQueue bounds what a reader may fall behind before its stream ends; it reads again with since.
	eventQueue = 4096
)

type eventBus struct {
	mu      sync.Mutex
	past    []events.Message
	readers map[chan events.Message]struct{}
	// last keeps the times strictly growing, which orders events for clients that sort or resume by time.
	last int64
}

func newEventBus() *eventBus { return &eventBus{readers: map[chan events.Message]struct{}{}} }

func (b *eventBus) publish(kind events.Type, action events.Action, id string, attributes map[string]string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := max(time.Now().UnixNano(), b.last+1)
	b.last = now
	message := events.Message{
		Type: kind, Action: action, Actor: events.Actor{ID: id, Attributes: attributes},
		Scope: "local", Time: now / int64(time.Second), TimeNano: now,
	}
	if kind == events.ContainerEventType || kind == events.ImageEventType {
		// The three that clients from before API 1.22 read, and that dockerd still sends.
		message.Status, message.ID = string(action), id
		message.From = attributes["image"]
	}
	b.past = append(b.past, message)
	if len(b.past) > eventMemory {
		b.past = append(b.past[:0], b.past[len(b.past)-eventMemory:]...)
	}
	for reader := range b.readers {
		select {
		case reader <- message:
		default:
			delete(b.readers, reader)
			close(reader)
		}
	}
}

// subscribe returns the past and, without a gap or an overlap, the channel of what follows.
func (b *eventBus) subscribe() ([]events.Message, chan events.Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	reader := make(chan events.Message, eventQueue)
	b.readers[reader] = struct{}{}
	return append([]events.Message(nil), b.past...), reader
}

func (b *eventBus) unsubscribe(reader chan events.Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.readers, reader)
}

func (e *Engine) streamEvents(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	since, hasSince, err := readTime(query.Get("since"))
	if err != nil {
		return err
	}
	until, hasUntil, err := readTime(query.Get("until"))
	if err != nil {
		return err
	}
	if hasSince && hasUntil && until.Before(since) {
		return fail(http.StatusBadRequest, "`since` time (%s) cannot be after `until` time (%s)", query.Get("since"), query.Get("until"))
	}
	wanted, err := filters.FromJSON(query.Get("filters"))
	if err != nil {
		return parseError(err)
	}
	past, reader := e.events.subscribe()
	defer e.events.unsubscribe(reader)

	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	stream := &eventStream{encoder: json.NewEncoder(w), flush: http.NewResponseController(w).Flush, wanted: wanted}
	_ = stream.flush()
	if hasSince {
		for _, message := range past {
			at := time.Unix(0, message.TimeNano)
			if !at.Before(since) && (!hasUntil || !at.After(until)) {
				stream.send(message)
			}
		}
	}
	var end <-chan time.Time
	if hasUntil {
		timer := time.NewTimer(time.Until(until))
		defer timer.Stop()
		end = timer.C
	}
	for {
		select {
		case message, open := <-reader:
			if !open {
				return nil
			}
			stream.send(message)
		case <-end:
			return nil
		case <-r.Context().Done():
			return nil
		}
	}
}

type eventStream struct {
	encoder *json.Encoder
	flush   func() error
	wanted  filters.Args
}

func (s *eventStream) send(message events.Message) {
	if eventMatches(s.wanted, message) {
		_ = s.encoder.Encode(message)
		_ = s.flush()
	}
}

func eventMatches(wanted filters.Args, message events.Message) bool {
	name := strings.TrimPrefix(message.Actor.Attributes["name"], "/")
	ofContainer := func() bool {
		return message.Type == events.ContainerEventType &&
			(wanted.FuzzyMatch("container", message.Actor.ID) || wanted.FuzzyMatch("container", name))
	}
	ofImage := func() bool {
		source := message.Actor.Attributes["image"]
		if message.Type == events.ImageEventType {
			source = name
		}
		repository, _, _ := strings.Cut(source, ":")
		return wanted.ExactMatch("image", message.Actor.ID) || wanted.ExactMatch("image", source) || wanted.ExactMatch("image", repository)
	}
	return wanted.ExactMatch("event", string(message.Action)) &&
		wanted.ExactMatch("type", string(message.Type)) &&
		wanted.ExactMatch("scope", message.Scope) &&
		(!wanted.Contains("container") || ofContainer()) &&
		(!wanted.Contains("image") || ofImage()) &&
		wanted.MatchKVList("label", message.Actor.Attributes)
}

// readTime reads seconds with an optional fraction, as the official client sends times.
func readTime(value string) (at time.Time, ok bool, err error) {
	if value == "" {
		return time.Time{}, false, nil
	}
	seconds, nanoseconds, err := apitime.ParseTimestamps(value, -1)
	if err != nil {
		return time.Time{}, false, parseError(err)
	}
	return time.Unix(seconds, nanoseconds), true, nil
}
