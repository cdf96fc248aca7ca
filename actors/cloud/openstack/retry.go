package openstack

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

const (
	// maxTries bounds how often one call is made: with the pauses below, a
	// service may be away for about half a minute.
	maxTries = 7
	// tryFor is for how long a call is begun again: where each try hangs until its
	// own limit, the pauses say nothing. One Retry-After is obeyed all the same.
	tryFor     = 45 * time.Second
	firstPause = 500 * time.Millisecond
	lastPause  = 20 * time.Second
	// longestAsked bounds how long a Retry-After is obeyed.
	longestAsked = 2 * time.Minute

	// pollFirst and pollLast are the pauses between two looks at what changes.
	pollFirst = 100 * time.Millisecond
	pollLast  = 5 * time.Second
)

// retry calls do until it succeeds, fails for good, or has failed maxTries
// times. do is repeated as a whole, so one that creates looks first for what an
// earlier try made.
func (c *Cloud) retry(ctx context.Context, doing string, do func(context.Context) error) error {
	begun := time.Now()
	var last error
	for try := 1; ; try++ {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("cannot %s: %w", doing, err)
		}
		err := do(ctx)
		if err == nil {
			return nil
		}
		if stopped := ctx.Err(); stopped != nil {
			return stoppedAfter(doing, last, stopped)
		}
		last = err
		if try == maxTries || !passing(err) || time.Since(begun) >= tryFor {
			return inWords(doing, err)
		}
		wait := max(askedWait(err, time.Now()), pause(try))
		c.log.Debug().Str("doing", doing).Int("try", try).Dur("wait", wait).Err(err).Msg("cloud call is repeated")
		if stopped := sleep(ctx, min(wait, longestAsked)); stopped != nil {
			return stoppedAfter(doing, last, stopped)
		}
	}
}

// stoppedAfter tells that the caller's time was over, and what had failed until then.
func stoppedAfter(doing string, last, stopped error) error {
	if last == nil {
		return fmt.Errorf("cannot %s: %w", doing, stopped)
	}
	return fmt.Errorf("%w (%w)", inWords(doing, last), stopped)
}

// pause doubles from firstPause to lastPause; half of it is jitter, so that
// many callers do not come back together.
func pause(try int) time.Duration {
	full := min(firstPause<<(try-1), lastPause)
	return full/2 + rand.N(full/2)
}

// poll calls look until it says done, with growing pauses, at most for limit.
// state says in words how far it is, for the error at the limit.
func (c *Cloud) poll(ctx context.Context, doing string, limit time.Duration, look func(context.Context) (done bool, state string, err error)) error {
	end := time.Now().Add(limit)
	for wait := pollFirst; ; wait = min(wait*3/2, pollLast) {
		var done bool
		var state string
		err := c.retry(ctx, doing, func(ctx context.Context) error {
			var err error
			done, state, err = look(ctx)
			return err
		})
		if err != nil || done {
			return err
		}
		if time.Now().After(end) {
			return fmt.Errorf("cannot %s: after %s it is still %s", doing, limit, state)
		}
		if err := sleep(ctx, wait); err != nil {
			return fmt.Errorf("cannot %s (it is %s): %w", doing, state, err)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
