package actors

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/rs/zerolog"

	"dockerdriver/actors/pool"
)

// imagePull brings one image from a registry into the image directory. It keeps no
// record: with the server's end a pull is over, and nothing of it is left. Retries
// are the port's, which can go on in the middle of a layer.
type imagePull struct {
	deps   *deps
	log    zerolog.Logger
	fx     *effects
	closed bool

	pull  pool.Pull
	bytes *pullBytes // written by the effect
}

// pullBytes is how far a pull is.
type pullBytes struct{ got, total atomic.Int64 }

func newImagePull(d *deps, pull pool.Pull) *imagePull {
	log := d.log.With().Str("actor", "imagepull").Str("pull", pull.ID).Str("image", pull.Reference).Logger()
	return &imagePull{deps: d, log: log, fx: newEffects(log, d.trial), pull: pull, bytes: &pullBytes{}}
}

// Receive is the mailbox. A poison pill cancels the transfer with everything else
// of this incarnation.
func (p *imagePull) Receive(c actor.Context) {
	if p.closed || p.fx.handle(c) {
		return
	}
	switch c.Message().(type) {
	case *actor.Started:
		p.begin(c)
	case *actor.Stopping:
		p.closed = true
		p.fx.close()
	}
}

func (p *imagePull) begin(c actor.Context) {
	p.log.Info().Str("platform", p.pull.Platform).Msg("pull begins")
	reference, platform, bytes := p.pull.Reference, p.pull.Platform, p.bytes
	p.tick(c)
	run(p.fx, c, pullLimit, func(ctx context.Context) (string, error) {
		return p.deps.Registry.Pull(ctx, reference, platform, func(got, total int64) {
			bytes.got.Store(got)
			bytes.total.Store(total)
		})
	}, p.ended)
}

func (p *imagePull) ended(c actor.Context, file string, err error) {
	p.count()
	p.pull.EndedAt = time.Now()
	p.pull.State, p.pull.File = pool.PullDone, file
	if err != nil {
		p.log.Warn().Err(err).Msg("pull failed")
		p.pull.State, p.pull.File, p.pull.Failure = pool.PullFailed, "", err.Error()
	} else {
		p.log.Info().Str("file", file).Int64("bytes", p.pull.Total).Dur("dur", p.pull.EndedAt.Sub(p.pull.StartedAt)).Msg("pull done")
	}
	p.tellEnd(c)
}

// tellEnd is repeated until the supervisor gives the pill.
func (p *imagePull) tellEnd(c actor.Context) {
	c.Send(c.Parent(), pullChanged{p.pull})
	p.fx.later(c, ringAgain, p.tellEnd)
}

// count takes over how far it is, and tells whether that is news.
func (p *imagePull) count() bool {
	got, total := p.bytes.got.Load(), p.bytes.total.Load()
	news := got != p.pull.Got || total != p.pull.Total
	p.pull.Got, p.pull.Total = got, total
	return news
}

func (p *imagePull) tick(c actor.Context) {
	p.fx.later(c, progressEvery, func(c actor.Context) {
		if p.pull.State != pool.PullPulling {
			return
		}
		if p.count() {
			c.Send(c.Parent(), pullChanged{p.pull})
		}
		p.tick(c)
	})
}
