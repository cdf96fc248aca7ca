package window

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"dockerdriver/cmd/dockerdriver/client"
)

// stateDeleted is the state of an instance of which nothing is left.
const stateDeleted = "deleted"

// gone is the data of an event about something that is no longer there.
type gone struct {
	Deleted bool   `json:"deleted"`
	ID      string `json:"id"`
}

// apply takes an event into the state, and into the log what is news of it.
// Data that cannot be read is left out: reading everything again heals it.
func (s *State) apply(e client.Event, at time.Time) {
	switch e.Kind {
	case client.EventHost:
		if g, ok := decoded[gone](e); ok && g.Deleted {
			s.forgetHost(g.ID, at)
		} else if h, ok := decoded[client.Host](e); ok {
			s.applyHost(h, at)
		}
	case client.EventInstance:
		if i, ok := decoded[client.Instance](e); ok {
			s.applyInstance(i, at)
		}
	case client.EventPush:
		if p, ok := decoded[client.Push](e); ok {
			s.applyPush(p, at)
		}
	case client.EventImages:
		if list, ok := decoded[struct {
			Items []client.Image `json:"items"`
		}](e); ok {
			s.Images = list.Items
			s.note(at, "the image directory has been read again: "+count(len(list.Items), "image"))
		}
	case client.EventPool:
		if p, ok := decoded[client.Pool](e); ok {
			s.applyPool(p, at)
		}
	case client.EventVariable:
		if v, ok := decoded[client.Variable](e); ok {
			s.note(at, fmt.Sprintf("%s set %s to %s", or(v.UpdatedBy, "somebody"), v.Key, or(v.Value, "nothing")))
		}
	case client.EventBlueprint:
		if b, ok := decoded[client.Blueprint](e); ok && b.Name != "" {
			s.note(at, "blueprint "+b.Name+" was changed")
		}
	}
}

func decoded[T any](e client.Event) (T, bool) {
	var value T
	err := json.Unmarshal(e.Data, &value)
	return value, err == nil
}

func (s *State) applyHost(h client.Host, at time.Time) {
	n := slices.IndexFunc(s.Hosts, func(known client.Host) bool { return known.ID == h.ID })
	if n < 0 {
		s.Hosts = append(slices.Clip(s.Hosts), h)
		s.note(at, "host "+h.Name+" "+standing(h))
		return
	}
	was := s.Hosts[n]
	s.Hosts = slices.Clone(s.Hosts)
	s.Hosts[n] = h
	if standing(was) != standing(h) {
		s.note(at, "host "+h.Name+" "+standing(h))
	}
	if last := lastTrouble(h); last != nil && (lastTrouble(was) == nil || !lastTrouble(was).At.Equal(*last.At)) {
		s.note(at, "host "+h.Name+": "+last.Message)
	}
}

func (s *State) forgetHost(id string, at time.Time) {
	s.note(at, "host "+s.host(id)+" is gone")
	s.Hosts = slices.DeleteFunc(slices.Clone(s.Hosts), func(h client.Host) bool { return h.ID == id })
}

// applyInstance tells of a launch where it queues, where it goes and how it ends;
// the stages between are in the table only, so that many launches at once leave
// room for other news.
func (s *State) applyInstance(i client.Instance, at time.Time) {
	known := s.instance(i.ID)
	moved := i.HostID != "" && (known == nil || known.HostID != i.HostID)
	if known == nil || moved || known.State != i.State {
		words := "instance " + i.Name + " " + instanceStanding(i, at)
		if i.Failure != nil {
			words += " (" + i.Failure.Code + ")"
		}
		if moved && i.State != stateDeleted {
			words += " on " + s.host(i.HostID)
		}
		s.note(at, words)
	}
	rest := slices.DeleteFunc(slices.Clone(s.Instances), func(other client.Instance) bool { return other.ID == i.ID })
	switch {
	case i.State == stateDeleted:
		s.Instances = rest
	case known != nil:
		*known = i
	default:
		s.Instances = append(rest, i)
	}
}

func (s *State) applyPush(p client.Push, at time.Time) {
	state := p.State
	if state == "done" {
		state = presencePresent
	}
	for n := range s.Images {
		if s.Images[n].ID != p.ImageID {
			continue
		}
		hosts := slices.Clone(s.Images[n].Hosts)
		at := slices.IndexFunc(hosts, func(h client.Presence) bool { return h.HostID == p.HostID })
		if at < 0 {
			at, hosts = len(hosts), append(hosts, client.Presence{})
		}
		if hosts[at].State == state {
			p.State = "" // no news but its progress
		}
		hosts[at] = client.Presence{HostID: p.HostID, State: state, Sent: p.Sent, Total: p.Total, Failure: p.Failure}
		s.Images[n].Hosts = hosts
	}
	if p.State == "" {
		return
	}
	words := fmt.Sprintf("image %s to %s: %s", s.image(p.ImageID), s.host(p.HostID), p.State)
	if p.Failure != "" {
		words += ": " + p.Failure
	}
	s.note(at, words)
}

func (s *State) applyPool(p client.Pool, at time.Time) {
	was := s.Pool
	s.Pool = p
	if was.State != p.State {
		s.note(at, "the pool is "+p.State+because(p.Reason))
	}
	switch {
	case p.Pause != nil && was.Pause == nil:
		s.note(at, "no hosts are built for a while"+because(p.Pause.Reason))
	case p.Pause == nil && was.Pause != nil:
		s.note(at, "hosts are built again")
	}
}
