package actors

import (
	"context"
	"errors"
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
	disk     pool.Disk
	push     pool.Push // as last reported
	fails    int
	again    uint64    // the timer that tells it again
	transfer *Transfer // the last attempt; nil before the first
}

func newImagePush(d *deps, host pool.Host, image pool.Image) *imagePush {
	log := d.log.With().Str("actor", "imagepush").Str("host", host.ID).Str("image", image.ID).Logger()
	return &imagePush{
		deps: d, log: log, fx: newEffects(log, d.trial), image: image, endpoint: host.Endpoint, disk: host.Disk,
		push: pool.Push{HostID: host.ID, ImageID: image.ID, State: pool.PushWaiting, Total: image.Size},
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
	case transferMoved:
		p.moved(c)
	case *actor.Stopping:
		p.closed = true
		p.fx.close()
	}
}

// report tells the supervisor where the push stands. The figures are those of
// the transfer that runs or was the last.
func (p *imagePush) report(c actor.Context, state pool.PushState) {
	now := p.push
	if p.transfer != nil {
		if at := p.transfer.Progress(); at.State != "" || state == pool.PushDone { // else it has not begun
			now = at
		}
	}
	now.HostID, now.ImageID, now.State, now.Failure = p.push.HostID, p.push.ImageID, state, p.push.Failure
	if p.push.State != state {
		p.log.Info().Str("from", string(p.push.State)).Str("to", string(state)).
			Int64("bytes", now.Sent).Int64("skipped", now.Skipped).Msg("push changed")
	}
	p.push = now
	c.Send(c.Parent(), pushChanged{p.push})
	p.fx.drop(p.again)
	if !p.under() { // else the next bytes are told anyway
		p.again = p.fx.later(c, ringAgain, func(c actor.Context) { p.report(c, state) })
	}
}

// send never sends what the host already has, and believes a load only when
// the engine shows the image by its digest.
func (p *imagePush) send(c actor.Context) {
	self, root := c.Self(), c.ActorSystem().Root
	transfer := &Transfer{
		Images: p.deps.Images, Image: p.image, Disk: p.disk, Log: p.log,
		Changed: func() { root.Send(self, transferMoved{}) },
	}
	p.transfer = transfer
	p.report(c, pool.PushSending)
	p.tick(c)
	run(p.fx, c, loadLimit, func(ctx context.Context) (struct{}, error) {
		engine, err := p.deps.Engines.Engine(p.endpoint)
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, transfer.Run(ctx, engine)
	}, func(c actor.Context, _ struct{}, err error) {
		if err != nil {
			p.failed(c, err)
			return
		}
		p.report(c, pool.PushDone) // the supervisor gives the pill
	})
}

// under tells whether a transfer is under way.
func (p *imagePush) under() bool {
	return p.push.State == pool.PushSending || p.push.State == pool.PushVerifying
}

// moved reports a new step or more bytes.
func (p *imagePush) moved(c actor.Context) {
	if now := p.transfer.Progress(); p.under() && now.State != "" && (now.State != p.push.State || now.Sent != p.push.Sent || now.Total != p.push.Total) {
		p.report(c, now.State)
	}
}

func (p *imagePush) tick(c actor.Context) {
	p.fx.later(c, progressEvery, func(c actor.Context) {
		if p.under() {
			p.moved(c)
			p.tick(c)
		}
	})
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
