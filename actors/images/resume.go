package images

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// resuming is a transport under which the body of an answer goes on where the
// connection broke, so that a drop late in a large layer does not cost all of it.
// What comes out is still held against its digest by who reads it.
type resuming struct {
	under    http.RoundTripper
	attempts int           // for one stretch without progress
	pause    time.Duration // before the second attempt, then doubled
	silence  time.Duration // without a byte; then the connection counts as broken
}

// RoundTrip is http.RoundTripper's.
func (r *resuming) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method != http.MethodGet || req.Header.Get("Range") != "" || !strings.Contains(req.URL.Path, "/blobs/") && !redirected(req) {
		return r.under.RoundTrip(req)
	}
	ctx, cancel := context.WithCancelCause(req.Context())
	resp, err := r.under.RoundTrip(req.Clone(ctx))
	if err != nil {
		cancel(nil)
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		context.AfterFunc(req.Context(), func() { cancel(nil) })
		return resp, nil
	}
	resp.Body = &resumed{from: r, req: req, body: resp.Body, ctx: ctx, cancel: cancel, length: resp.ContentLength}
	return resp, nil
}

// redirected tells whether a registry has sent us on: blobs often lie elsewhere.
func redirected(req *http.Request) bool { return req.Response != nil }

// resumed is a body that outlives connections.
type resumed struct {
	from   *resuming
	req    *http.Request
	body   io.ReadCloser
	ctx    context.Context // of the present connection
	cancel context.CancelCauseFunc
	length int64 // of all; -1 when the registry did not say
	got    int64
	fails  int // since the last byte
}

var errSilent = errors.New("the registry sent nothing any more")

// Read is io.Reader's.
func (b *resumed) Read(p []byte) (int, error) {
	for {
		n, err := b.read(p)
		b.got += int64(n)
		if n > 0 {
			b.fails = 0
			return n, nil // an error comes again
		}
		if err == nil || errors.Is(err, io.EOF) && (b.length < 0 || b.got >= b.length) {
			return 0, err
		}
		if err := b.reconnect(err); err != nil {
			return 0, err
		}
	}
}

// read waits for at most silence.
func (b *resumed) read(p []byte) (int, error) {
	timer := time.AfterFunc(b.from.silence, func() { b.cancel(errSilent) })
	defer timer.Stop()
	n, err := b.body.Read(p)
	if err != nil && errors.Is(context.Cause(b.ctx), errSilent) {
		err = errSilent
	}
	return n, err
}

// reconnect opens the rest, after a pause, as often as it takes within the
// attempts. why is what broke.
func (b *resumed) reconnect(why error) error {
	for {
		b.end()
		if err := b.req.Context().Err(); err != nil {
			return err
		}
		b.fails++
		if b.fails >= b.from.attempts {
			return fmt.Errorf("the connection broke %d times without a byte between, at byte %d: %w", b.fails, b.got, why)
		}
		select {
		case <-time.After(b.from.pause << (b.fails - 1)):
		case <-b.req.Context().Done():
			return b.req.Context().Err()
		}
		final, err := b.open()
		if err == nil {
			return nil
		}
		if final {
			return err
		}
		why = err
	}
}

// open asks for what is missing. A registry that knows no ranges sends all
// again, and what we have is skipped. final: asking again is of no use.
func (b *resumed) open() (final bool, err error) {
	ctx, cancel := context.WithCancelCause(b.req.Context())
	timer := time.AfterFunc(b.from.silence, func() { cancel(errSilent) })
	again := b.req.Clone(ctx)
	if b.got > 0 {
		end := ""
		if b.length > 0 {
			end = fmt.Sprint(b.length - 1)
		}
		again.Header.Set("Range", fmt.Sprintf("bytes=%d-%s", b.got, end))
	}
	resp, err := b.from.under.RoundTrip(again)
	timer.Stop()
	if err != nil {
		cancel(nil)
		return false, err
	}
	b.body, b.ctx, b.cancel = resp.Body, ctx, cancel
	switch {
	case resp.StatusCode == http.StatusPartialContent && strings.HasPrefix(resp.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", b.got)):
		return false, nil
	case resp.StatusCode == http.StatusOK:
		_, err = io.CopyN(io.Discard, connection{b}, b.got)
		return false, err
	}
	b.end()
	return resp.StatusCode < http.StatusInternalServerError && resp.StatusCode != http.StatusTooManyRequests,
		fmt.Errorf("the registry answered %s when asked for the rest", resp.Status)
}

// connection reads from the present connection alone.
type connection struct{ of *resumed }

// Read is io.Reader's.
func (c connection) Read(p []byte) (int, error) { return c.of.read(p) }

func (b *resumed) end() {
	if b.body != nil {
		_ = b.body.Close()
		b.body = nil
	}
	b.cancel(nil)
}

// Close is io.Closer's.
func (b *resumed) Close() error {
	b.end()
	return nil
}
