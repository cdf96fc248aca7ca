package actors

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"dockerdriver/actors/pool"
	"dockerdriver/actors/schedule"
)

// Transfer brings one image to one engine: nothing of it when it is there, and
// without the layers that are there where the engine takes that. It holds a
// constant amount of memory whatever the size of the image.
type Transfer struct {
	Images Images
	Image  pool.Image
	Log    zerolog.Logger
	// Changed, if set, is called when a new step has begun, from Run's goroutine.
	Changed func()
	// Disk is the host's, as far as is known: what does not fit is not sent.
	Disk pool.Disk

	mu   sync.Mutex
	push pool.Push
}

// Progress tells how far the transfer is; State is PushSending or PushVerifying.
// It may be called from anywhere.
func (t *Transfer) Progress() pool.Push {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.push
}

func (t *Transfer) change(f func(*pool.Push)) {
	t.mu.Lock()
	f(&t.push)
	t.mu.Unlock()
	if t.Changed != nil {
		t.Changed()
	}
}

// Run returns when the engine shows the image by its id and under all of its
// tags. An error that is a *pool.Error will not be over at the next try.
func (t *Transfer) Run(ctx context.Context, engine Engine) error {
	there, err := engine.HasImage(ctx, t.Image.ID)
	if err != nil {
		return err
	}
	if !there {
		if err := t.bring(ctx, engine); err != nil {
			return err
		}
	}
	for _, tag := range t.Image.Tags {
		if err := engine.Tag(ctx, t.Image.ID, tag); err != nil {
			return err
		}
	}
	return nil
}

// bring sends the image and believes only what the engine then shows.
func (t *Transfer) bring(ctx context.Context, engine Engine) error {
	skip := t.shared(ctx, engine)
	err := t.load(ctx, engine, skip)
	if skip > 0 && errors.Is(err, pool.ErrLayerGone) {
		t.Log.Info().Int("skipped", skip).Err(err).Msg("layers that were left out are gone, image is sent in full")
		err = t.load(ctx, engine, 0)
	}
	if err != nil {
		return err
	}
	t.change(func(p *pool.Push) { p.State = pool.PushVerifying })
	there, err := engine.HasImage(ctx, t.Image.ID)
	if err != nil {
		return err
	}
	if !there {
		return pool.Refuse(pool.CodeImagePush, fmt.Sprintf("The engine loaded %s but does not show the image %s.", t.Image.File, t.Image.ID),
			"Make the file anew with docker save.")
	}
	return nil
}

// shared tells how many layers need not be sent. Where that cannot be learned
// all are sent: the load has the better words for an engine in trouble.
func (t *Transfer) shared(ctx context.Context, engine Engine) int {
	info, err := engine.Info(ctx)
	if err != nil || !info.TakesTrimmed() {
		return 0
	}
	there, err := engine.ListImages(ctx)
	if err != nil {
		t.Log.Info().Err(err).Msg("cannot learn what layers the host has")
		return 0
	}
	return pool.SharedLayers(t.Image.Layers, there)
}

func (t *Transfer) load(ctx context.Context, engine Engine, skip int) error {
	tarball, shipment, err := t.Images.Open(ctx, t.Image.ID, skip)
	if err != nil {
		return err
	}
	defer tarball.Close()
	if err := schedule.Fits(t.Disk, t.remaining(shipment)); err != nil {
		return err
	}
	t.change(func(p *pool.Push) {
		*p = pool.Push{State: pool.PushSending, Total: shipment.Total, Skipped: shipment.Skipped, Since: time.Now()}
	})
	return engine.Load(ctx, countingReader{tarball, t})
}

// remaining is the image as the host has to find room for it, without the layers
// that are there.
func (t *Transfer) remaining(s pool.Shipment) pool.Image {
	image := t.Image
	if whole := s.Total + s.Skipped; s.Skipped > 0 && whole > 0 {
		image.Unpacked = max(1, int64(float64(image.Unpacked)*float64(s.Total)/float64(whole))) // 0 means unknown
	}
	return image
}

// countingReader counts what the engine has taken.
type countingReader struct {
	io.Reader
	of *Transfer
}

func (r countingReader) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	r.of.mu.Lock()
	r.of.push.Sent += int64(n)
	r.of.mu.Unlock()
	return n, err
}
