package window

import (
	"context"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"dockerdriver/cmd/dockerdriver/client"
)

// State is all that is shown.
type State struct {
	Server    string // the server's address
	Pool      client.Pool
	Hosts     []client.Host // oldest first
	Images    []client.Image
	Instances []client.Instance
	// Partial tells that the server shows hosts, images, other people's instances
	// and the scaler's decisions to administrators only, and the reader is none.
	Partial bool
	// Log holds what has happened while somebody watched, newest last.
	Log []Entry
}

// Entry is one line of the log.
type Entry struct {
	At   time.Time
	Text string
}

// logLimit is how many lines of the log are kept.
const logLimit = 50

// Read asks the server for everything. Log stays empty.
func Read(ctx context.Context, cl *client.Client) (State, error) {
	s := State{Server: cl.URL()}
	all, ctx := errgroup.WithContext(ctx)
	var partial [3]bool
	all.Go(func() error {
		found, err := cl.Pool(ctx)
		s.Pool = found.Value
		return err
	})
	all.Go(func() error {
		found, err := cl.Hosts(ctx)
		s.Hosts = found.Items
		return allowed(err, &partial[0])
	})
	all.Go(func() error {
		found, err := cl.Images(ctx)
		s.Images = found.Items
		return allowed(err, &partial[1])
	})
	all.Go(func() error {
		found, err := cl.Instances(ctx, true, false)
		if err = allowed(err, &partial[2]); partial[2] {
			found, err = cl.Instances(ctx, false, false)
		}
		s.Instances = found.Items
		return err
	})
	err := all.Wait()
	s.Partial = slices.Contains(partial[:], true)
	return s, err
}

// codeForbidden is the code of what administrators only may see.
const codeForbidden = "FORBIDDEN"

// allowed makes no error of what the reader may not see, and notes it.
func allowed(err error, partial *bool) error {
	if client.CodeOf(err) == codeForbidden {
		*partial = true
		return nil
	}
	return err
}

// host returns the name of a host, or its id when it is not known.
func (s *State) host(id string) string {
	for _, h := range s.Hosts {
		if h.ID == id {
			return h.Name
		}
	}
	return id
}

// instance returns an instance by its id, or nil.
func (s *State) instance(id string) *client.Instance {
	for i := range s.Instances {
		if s.Instances[i].ID == id {
			return &s.Instances[i]
		}
	}
	return nil
}

// image returns an image's first tag, or the beginning of its id.
func (s *State) image(id string) string {
	for _, i := range s.Images {
		if i.ID == id && len(i.Tags) > 0 {
			return strings.TrimSuffix(i.Tags[0], ":latest")
		}
	}
	const shown = len("sha256:") + 12
	return id[:min(shown, len(id))]
}

func (s *State) note(at time.Time, text string) {
	s.Log = append(s.Log, Entry{at, text})
	if over := len(s.Log) - logLimit; over > 0 {
		s.Log = slices.Delete(s.Log, 0, over)
	}
}
