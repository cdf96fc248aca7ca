package actors

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/rs/zerolog"

	"dockerdriver/actors/pool"
)

// progressEvery is how often a push reports its bytes.
const progressEvery = 250 * time.Millisecond

// imagePush brings one image to one host. It keeps no record: whoever needs
// the image asks again after a restart.
type imagePush struct {
	deps   *deps
	log    zerolog.Logger
	fx     *effects
	closed bool

	image    pool.Image
	endpoint pool.Endpoint
	push     pool.Push
	fails    int
	sent     *atomic.Int64
}

func newImagePush(d *deps, host pool.Host, image pool.Image) *imagePush {
	log := d.log.With().Str("actor", "imagepush").Str("host", host.ID).Str("image", image.ID).Logger()
	return &imagePush{
		deps: d, log: log, fx: newEffects(log), image: image, endpoint: host.Endpoint,
		push: pool.Push{HostID: host.ID, ImageID: image.ID, State: pool.PushWaiting, Total: image.Size},
		sent: &atomic.Int64{},
	}
}

// Receive is the mailbox. A poison pill cancels the transfer with everything
// else of this incarnation.
func (p *imagePush) Receive(c actor.Context) {
	if p.closed || p.fx.handle(c) {
		return
	}
	switch c.Message().(type) {
	case *actor.Started:
		p.send(c)
	case *actor.Stopping:
		p.closed = true
		p.fx.close()
	}
}

func (p *imagePush) report(c actor.Context, state pool.PushState) {
	if p.push.State != state {
		p.log.Info().Str("from", string(p.push.State)).Str("to", string(state)).Int64("bytes", p.sent.Load()).Msg("push changed")
	}
	p.push.State, p.push.Sent = state, p.sent.Load()
	c.Send(c.Parent(), pushChanged{p.push})
}

// send never sends what the host already has, and believes a load only when
// the engine shows the image by its digest.
func (p *imagePush) send(c actor.Context) {
	p.report(c, pool.PushSending)
	p.tick(c)
	run(p.fx, c, loadLimit, p.transfer, func(c actor.Context, _ struct{}, err error) {
		if err != nil {
			p.failed(c, err)
			return
		}
		p.report(c, pool.PushDone) // the supervisor gives the pill
	})
}

func (p *imagePush) tick(c actor.Context) {
	p.fx.later(c, progressEvery, func(c actor.Context) {
		if p.push.State == pool.PushSending {
			if p.sent.Load() != p.push.Sent {
				p.report(c, pool.PushSending)
			}
			p.tick(c)
		}
	})
}

func (p *imagePush) transfer(ctx context.Context) (struct{}, error) {
	none := struct{}{}
	engine, err := p.deps.Engines.Engine(p.endpoint)
	if err != nil {
		return none, err
	}
	there, err := engine.HasImage(ctx, p.image.ID)
	if err != nil {
		return none, err
	}
	if !there {
		if err := p.load(ctx, engine); err != nil {
			return none, err
		}
	}
	for _, tag := range p.image.Tags {
		if err := engine.Tag(ctx, p.image.ID, tag); err != nil {
			return none, err
		}
	}
	return none, nil
}

func (p *imagePush) load(ctx context.Context, engine Engine) error {
	tarball, _, err := p.deps.Images.Open(ctx, p.image.ID, 0)
	if err != nil {
		return err
	}
	defer tarball.Close()
	p.sent.Store(0)
	if err := engine.Load(ctx, p.deps.uplink.reader(ctx, countingReader{tarball, p.sent})); err != nil {
		return err
	}
	there, err := engine.HasImage(ctx, p.image.ID)
	if err != nil {
		return err
	}
	if !there {
		return pool.Refuse(pool.CodeImagePush, fmt.Sprintf("The engine loaded %s but does not show the image %s.", p.image.File, p.image.ID),
			"Make the file anew with docker save.")
	}
	return nil
}

func (p *imagePush) failed(c actor.Context, err error) {
	p.fails++
	p.log.Warn().Err(err).Int("attempt", p.fails).Msg("push failed")
	if _, final := errors.AsType[*pool.Error](err); final || p.fails >= loadAttempts {
		p.push.Failure = err.Error()
		p.report(c, pool.PushFailed)
		return
	}
	p.report(c, pool.PushWaiting)
	p.fx.later(c, backoff(p.fails, time.Second, 30*time.Second), p.send)
}

type countingReader struct {
	io.Reader
	n *atomic.Int64
}

func (r countingReader) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	r.n.Add(int64(n))
	return n, err
}
