package actors

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"dockerdriver/actors/pool"
)

// assigned takes the place that the supervisor reserved.
func (a *instance) assigned(c actor.Context, host pool.Host) {
	if a.rec.State != pool.InstanceQueueing || a.leaving {
		return
	}
	if a.pinning {
		a.offered = &host
	}
	if a.saving {
		return
	}
	a.host = host
	next := a.rec.At(pool.InstanceProvisioning, pool.StageScheduled, time.Now())
	next.HostID = host.ID
	a.save(c, next, a.needImage)
}

// requeued gives the place back, if nothing was made there yet.
func (a *instance) requeued(c actor.Context) {
	if a.rec.State != pool.InstanceProvisioning || a.saving || a.leaving ||
		(a.rec.Stage != pool.StageScheduled && a.rec.Stage != pool.StageImage) {
		return
	}
	a.startOver(c)
}

// needImage asks the engine for the image first: where it is already there, no
// push is bothered.
func (a *instance) needImage(c actor.Context) {
	try(a, c, logsLimit, a.hold().hasImage, func(c actor.Context, there bool) {
		if there {
			a.create(c)
			return
		}
		a.save(c, a.rec.At(pool.InstanceProvisioning, pool.StageImage, time.Now()), a.waitForImage)
	})
}

func (a *instance) waitForImage(c actor.Context) {
	c.Send(c.Parent(), needImage{instanceID: a.rec.ID, hostID: a.rec.HostID, imageID: a.rec.Spec.ImageID})
	a.step = a.fx.later(c, imageReask, a.waitForImage)
}

func (a *instance) imageIsThere(c actor.Context, imageID string) {
	if a.rec.Stage != pool.StageImage || a.saving || a.leaving || imageID != a.rec.Spec.ImageID {
		return
	}
	a.fx.drop(a.step)
	a.create(c)
}

func (a *instance) imageFailed(c actor.Context, failure pool.Failure) {
	if a.rec.Stage == pool.StageImage && !a.saving && !a.leaving {
		a.fail(c, &failure)
	}
}

func (a *instance) create(c actor.Context) {
	a.save(c, a.rec.At(pool.InstanceProvisioning, pool.StageCreating, time.Now()), func(c actor.Context) {
		try(a, c, createLimit, a.hold().create, func(c actor.Context, containerID string) {
			next := a.rec.At(pool.InstanceProvisioning, pool.StageStarting, time.Now())
			next.ContainerID = containerID
			a.save(c, next, a.start)
		})
	})
}

func (a *instance) start(c actor.Context) {
	try(a, c, startLimit, a.hold().start, func(c actor.Context, started pool.Container) {
		if !started.Running {
			a.containerEnded(c, started)
			return
		}
		next := a.rec.At(pool.InstanceProvisioning, pool.StageProbing, time.Now())
		next.Target = started.Target
		if next.AnswerBy.IsZero() { // kept over restarts, which would put it off for ever
			next.AnswerBy = time.Now().Add(a.deps.AnswerLimit).Round(0)
		}
		a.save(c, next, a.probe)
	})
}

// probe waits until the notebook answers HTTP: an open port is not enough. A
// container that ends meanwhile is reported by its host.
func (a *instance) probe(c actor.Context) {
	target, engines := a.rec.Target, a.deps.Engines
	limit := max(time.Until(a.rec.AnswerBy), answerAtLeast)
	a.step = run(a.fx, c, limit+heartbeatLimit, func(ctx context.Context) (struct{}, error) {
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		return struct{}{}, untilAnswer(ctx, engines, target)
	}, func(c actor.Context, _ struct{}, err error) {
		if err != nil {
			a.notAnswering(c, err)
			return
		}
		a.openRoute(c)
	})
}

// untilAnswer asks again and again, within ctx, and returns the last fault.
func untilAnswer(ctx context.Context, engines Engines, target string) error {
	for wait := 5 * time.Millisecond; ; wait = min(wait*3/2, time.Second) {
		err := engines.Answers(ctx, target)
		if err == nil {
			return nil
		}
		pause := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			pause.Stop()
			return err
		case <-pause.C:
		}
	}
}

// notAnswering tells a container that ended unnoticed from one that runs on in silence.
func (a *instance) notAnswering(c actor.Context, why error) {
	a.log.Info().Err(why).Msg("notebook did not answer")
	a.step = run(a.fx, c, logsLimit, a.hold().find, func(c actor.Context, found *pool.Container, err error) {
		if err == nil && found != nil && !found.Running {
			a.containerEnded(c, *found)
			return
		}
		a.fail(c, &pool.Failure{
			Code: pool.CodeNotAnswering,
			Message: fmt.Sprintf("The program in the container did not answer HTTP on port %d within %d seconds.",
				a.rec.Spec.Port, int(a.deps.AnswerLimit.Seconds())),
			Hint: "If it is new, an administrator should check the environment's internal_port and launch command; otherwise launch again.",
		})
	})
}

// openRoute makes the notebook reachable before anybody is told that it runs.
func (a *instance) openRoute(c actor.Context) {
	a.routed = true
	a.askProxy(c, setRoute{routeOf(a.rec)}, a.runs)
}

// routeOf is the route that a record speaks for.
func routeOf(i pool.Instance) pool.Route {
	route := pool.Route{Label: i.Label, InstanceID: i.ID, UserID: i.UserID, Target: i.Target, Proxy: i.Spec.Proxy, Headers: i.Spec.Headers, IdlePaths: i.Spec.IdlePaths}
	if route.Proxy.BypassTokenAuthentication {
		route.Password = i.Password
	}
	return route
}

func (a *instance) runs(c actor.Context) {
	if a.rec.State == pool.InstanceRunning {
		return // only its route was renewed
	}
	now := time.Now()
	next := a.rec.At(pool.InstanceRunning, "", now)
	if next.StartedAt.IsZero() {
		next.StartedAt = now
		if next.Spec.Lifetime > 0 {
			next.ExpiresAt = now.Add(next.Spec.Lifetime).Round(0) // follows the wall clock, also when that is set
		}
	}
	a.save(c, next, func(c actor.Context) {
		a.armExpiry(c)
		a.armIdle(c)
	})
}

// try does one step to running. A *pool.Error is final; any other error (the
// engine does not answer) is tried again until the step's patience is over.
func try[T any](a *instance, c actor.Context, limit time.Duration, fn func(context.Context) (T, error), then func(actor.Context, T)) {
	a.step = run(a.fx, c, limit, fn, func(c actor.Context, val T, err error) {
		if err != nil {
			a.tryAgain(c, err, func(c actor.Context) { try(a, c, limit, fn, then) })
			return
		}
		a.tryFails = 0
		then(c, val)
	})
}

func (a *instance) tryAgain(c actor.Context, err error, again func(actor.Context)) {
	if refused, ok := errors.AsType[*pool.Error](err); ok {
		a.tryFails = 0
		a.fail(c, pool.FailureOf(refused))
		return
	}
	if a.tryFails == 0 {
		a.tryUntil = time.Now().Add(stepPatience)
	}
	a.tryFails++
	a.log.Warn().Err(err).Str("stage", a.rec.Stage).Int("attempt", a.tryFails).Msg("step will be tried again")
	if time.Now().After(a.tryUntil) {
		a.tryFails = 0
		c.Send(c.Parent(), engineFault{hostID: a.rec.HostID, words: fmt.Sprintf("instance %s could not pass %s: %v", a.rec.Name, a.rec.Stage, err)})
		a.fail(c, &pool.Failure{
			Code:    pool.CodeUnavailable,
			Message: fmt.Sprintf("The Docker engine of host %s did not do its part (%s): %v", a.host.Name, a.rec.Stage, err),
			Hint:    "Launch again in a few minutes; if it stays so, tell an administrator.",
		})
		return
	}
	a.step = a.fx.later(c, backoff(a.tryFails, 200*time.Millisecond, 10*time.Second), again)
}
