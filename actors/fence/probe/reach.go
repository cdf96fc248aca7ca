package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// limit is how long Reach tries all its targets, side by side. A dropped packet
// is sent again after 1 s, so that one lost by chance does not look like a rule.
const limit = 2500 * time.Millisecond

// Control is the target that must be reached: a loopback listener of Reach's own.
// It proves that the program ran and notices what it reaches.
const Control = "control"

// ErrReached is what Reach returns when it reached what it must not.
var ErrReached = errors.New("a container reaches what it must not")

// Targets are what Reach tries, each as host:port; the host is an IP or Gateway.
type Targets struct {
	// Unproven ones may have nobody listening at this moment, as nobody but a
	// container could tell. A refusal of theirs counts as reached: packets get there
	// and back, and the service may be up again in a minute. Our own rules drop and
	// never refuse.
	Unproven []string
	// Listening ones are known to listen right now, so that a refusal is a rule's.
	Listening []string
}

// All are all targets, the unproven ones first.
func (t Targets) All() []string { return slices.Concat(t.Unproven, t.Listening) }

// Result is the line that Reach prints for Control and for each target.
type Result struct {
	Run     string `json:"run"` // as the caller named it, so that nobody else's lines are taken for ours
	Target  string `json:"target"`
	Reached bool   `json:"reached"`
	Why     string `json:"why"`
}

// Reach tries all targets side by side, for at most 2.5 s, and prints a Result as
// a line of JSON for Control and for each target. It returns ErrReached if it
// reached one, and another error, with no line printed, if it does not even reach itself.
func Reach(ctx context.Context, out io.Writer, run string, targets Targets) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if err := reachSelf(ctx); err != nil {
		return fmt.Errorf("cannot try the fence: the probe does not reach itself: %w", err)
	}
	all := targets.All()
	results := make([]Result, len(all))
	var tries sync.WaitGroup
	for i, target := range all {
		tries.Go(func() {
			reached, why := try(ctx, target, i < len(targets.Unproven))
			results[i] = Result{Run: run, Target: target, Reached: reached, Why: why}
		})
	}
	tries.Wait()
	encoder := json.NewEncoder(out)
	for _, result := range append([]Result{{Run: run, Target: Control, Reached: true, Why: connected}}, results...) {
		if err := encoder.Encode(result); err != nil {
			return fmt.Errorf("cannot tell what was reached: %w", err)
		}
	}
	if slices.ContainsFunc(results, func(r Result) bool { return r.Reached }) {
		return ErrReached
	}
	return nil
}

func reachSelf(ctx context.Context) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	if reached, why := dial(ctx, listener.Addr().String(), false); !reached {
		return errors.New(why)
	}
	return nil
}

// try tries every address that the target may mean; one that connects is enough.
func try(ctx context.Context, target string, unproven bool) (reached bool, why string) {
	addresses, err := meant(target)
	if err != nil {
		return false, err.Error()
	}
	whys := make([]string, len(addresses))
	reaches := make([]bool, len(addresses))
	var tries sync.WaitGroup
	for i, address := range addresses {
		tries.Go(func() { reaches[i], whys[i] = dial(ctx, address, unproven) })
	}
	tries.Wait()
	if i := slices.Index(reaches, true); i >= 0 {
		return true, whys[i]
	}
	return false, strings.Join(whys, "; ")
}

const connected = "connected"

func dial(ctx context.Context, address string, unproven bool) (reached bool, why string) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	switch {
	case err == nil:
		_ = conn.Close()
		return true, connected
	case errors.Is(err, syscall.ECONNREFUSED):
		return unproven, "refused"
	}
	return false, err.Error()
}
