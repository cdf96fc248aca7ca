package actors

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"dockerdriver/actors/pool"
)

// endWanted begins the way to deleted, now or as soon as the write that is
// under way has ended.
func (a *instance) endWanted(c actor.Context, reason string) {
	if a.endReason != "" || a.rec.State == pool.InstanceDeleting {
		return
	}
	a.endReason = reason
	if !a.saving && !a.leaving {
		a.leave(c)
	}
}

// leave closes the route, then stores the intent, then removes the container:
// nobody is told of the end while the notebook can still be reached. One that
// has failed holds nothing any more, and takes no slot again for its end.
func (a *instance) leave(c actor.Context) {
	a.leaving = true
	a.fx.drop(a.step)
	a.fx.drop(a.expiry)
	a.fx.drop(a.idle)
	if !a.rec.State.Live() {
		a.gone(c)
		return
	}
	why := pool.Instance{EndReason: a.endReason, Spec: a.rec.Spec}.WhyEnded()
	a.closeRoute(c, why, func(c actor.Context) {
		next := a.rec.At(pool.InstanceDeleting, "", time.Now())
		next.EndReason = a.endReason
		a.save(c, next, a.removeContainer)
	})
}

// closeRoute lets nobody in any more. Why is what browsers that were in are told.
func (a *instance) closeRoute(c actor.Context, why string, then func(actor.Context)) {
	if !a.routed {
		then(c)
		return
	}
	a.askProxy(c, dropRoute{label: a.rec.Label, instanceID: a.rec.ID, why: why}, func(c actor.Context) {
		a.routed = false
		then(c)
	})
}

// removeContainer tries until the engine confirms; the slots stay taken till
// then, because the container may still run.
func (a *instance) removeContainer(c actor.Context) {
	held := a.hold()
	a.step = run(a.fx, c, removeLimit, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, held.remove(ctx)
	}, func(c actor.Context, _ struct{}, err error) {
		if err != nil {
			a.tryFails++
			a.log.Warn().Err(err).Int("attempt", a.tryFails).Msg("cannot remove container yet")
			a.step = a.fx.later(c, backoff(a.tryFails, time.Second, 30*time.Second), a.removeContainer)
			return
		}
		a.gone(c)
	})
}

func (a *instance) gone(c actor.Context) {
	next := a.rec.At(pool.InstanceDeleted, "", time.Now())
	next.HostID, next.ContainerID, next.Target = "", "", ""
	next.EndReason = cmp.Or(next.EndReason, a.endReason)
	a.save(c, next, func(actor.Context) {}) // the supervisor gives the pill
}

// containerEnded tells the owner how the container ended. An engine marks a
// killed container as out of memory only where the kernel's notice of that
// overtook the end; else its event comes a moment later, and is waited for.
func (a *instance) containerEnded(c actor.Context, ended pool.Container) {
	ended.OOMKilled = ended.OOMKilled || a.oomTold
	if ended.ExitCode == exitKilled && !ended.OOMKilled && !a.oomAwaited {
		a.oomAwaited = true
		a.endedLater(c, ended)
		return
	}
	failure := &pool.Failure{
		Code:    pool.CodeExitedAtStart,
		Message: fmt.Sprintf("The program in the container ended with exit code %d before it answered.", ended.ExitCode),
		Hint:    "If it is new, an administrator should check the environment's image, launch command and variables; the last lines of its log are below.",
	}
	if a.rec.State == pool.InstanceRunning {
		failure.Code = pool.CodeExited
		failure.Message = fmt.Sprintf("The program in the container ended by itself with exit code %d.", ended.ExitCode)
		failure.Hint = "Launch again; the last lines of its log are below."
	}
	if ended.OOMKilled {
		failure.Code = pool.CodeOutOfMemory
		failure.Message = fmt.Sprintf("The notebook needed more than its %d MiB of memory and was stopped.", a.rec.Spec.MemoryB>>20)
		failure.Hint = "Launch again and work with less data at a time, or ask an administrator for an environment with more memory."
	}
	if ended.Error != "" {
		failure.Message += " The engine says: " + ended.Error
	}
	a.fail(c, failure)
}

// endedLater gives the engine time to say why the container was killed.
func (a *instance) endedLater(c actor.Context, ended pool.Container) {
	a.fx.later(c, oomPatience, func(c actor.Context) {
		switch {
		case a.leaving:
		case a.saving:
			a.endedLater(c, ended)
		default:
			a.containerEnded(c, ended)
		}
	})
}

// fail keeps the container's last words, removes it and ends as failed. If the
// engine cannot be reached the record fails all the same, so that the owner's
// limit is free; the container is then removed as a stray once its host answers.
func (a *instance) fail(c actor.Context, failure *pool.Failure) {
	if a.leaving {
		return
	}
	a.leaving = true
	a.fx.drop(a.step)
	a.fx.drop(a.expiry)
	a.closeRoute(c, pool.Instance{Failure: failure}.WhyEnded(), func(c actor.Context) {
		held := a.hold()
		a.step = run(a.fx, c, removeLimit, func(ctx context.Context) ([]string, error) {
			lines := held.lastWords(ctx)
			return lines, held.remove(ctx)
		}, func(c actor.Context, lines []string, err error) {
			if err != nil {
				a.log.Warn().Err(err).Msg("cannot remove container of failed instance yet")
			}
			a.failed(c, failure, lines)
		})
	})
}

func (a *instance) failed(c actor.Context, failure *pool.Failure, lines []string) {
	if a.endReason != "" { // destroyed meanwhile: nobody waits for the reason
		next := a.rec.At(pool.InstanceDeleting, "", time.Now())
		next.EndReason = a.endReason
		a.save(c, next, a.removeContainer)
		return
	}
	failure.Log = lines
	next := a.rec.At(pool.InstanceFailed, "", time.Now())
	next.Failure = failure
	a.save(c, next, func(actor.Context) {}) // the supervisor gives the pill
}

// hostGone ends what was on a host that is given up. A notebook is lost, and its
// owner told; what was on its way there queues again, for it has nothing to
// lose; what was to be removed goes with the machine. In the middle of a write
// it waits for the supervisor to say it again.
func (a *instance) hostGone(c actor.Context, words string) {
	if a.saving || (a.leaving && a.rec.State != pool.InstanceDeleting) {
		return
	}
	switch a.rec.State {
	case pool.InstanceProvisioning:
		a.startOver(c)
	case pool.InstanceRunning:
		a.leaving = true
		a.fx.drop(a.expiry)
		failure := &pool.Failure{
			Code:    pool.CodeHostLost,
			Message: "The machine that this notebook ran on is lost: " + strings.TrimSuffix(words, ".") + ".",
			Hint:    "What was not saved outside the notebook is gone with it. Launch again: it gets another machine.",
		}
		a.closeRoute(c, pool.Instance{Failure: failure}.WhyEnded(), func(c actor.Context) {
			next := a.rec.At(pool.InstanceLost, "", time.Now())
			next.EndReason, next.Failure = pool.EndByHost, failure
			a.save(c, next, func(actor.Context) {}) // the supervisor gives the pill
		})
	case pool.InstanceDeleting:
		a.fx.drop(a.step)
		a.gone(c)
	}
}

// startOver sends a launch back to the queue from whatever step it was in: its
// host is gone, and with it what was made there.
func (a *instance) startOver(c actor.Context) {
	a.fx.drop(a.step)
	a.tryFails = 0
	a.closeRoute(c, "", func(c actor.Context) {
		next := a.rec.At(pool.InstanceQueueing, "", time.Now())
		next.HostID, next.ContainerID, next.Target, next.AnswerBy = "", "", "", time.Time{}
		a.save(c, next, func(actor.Context) {})
	})
}
