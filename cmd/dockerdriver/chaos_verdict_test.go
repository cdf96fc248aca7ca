//go:build hosts

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"dockerdriver/actors/pool"
)

// always are refusals that are right also when nothing is wrong.
var always = []pool.Code{pool.CodeInstanceLimit, pool.CodeNotRunning, pool.CodeConflict, pool.CodeNotFound}

// refuses are the faults for which a call may be refused with a code. There are no
// others: what befalls a machine or the cloud is no reason to refuse anybody.
var refuses = map[pool.Code][]kind{
	pool.CodeShutdownMode: {shutdownMode},
	"DISK_FULL":           {diskFull},
	pool.CodeUnavailable:  {diskFull, serverKilled, serverDies, proxyKilled},
}

// call asks the API, and judges how it answers. A status of 0: there was no answer.
func (p *person) call(ctx context.Context, method, path string, body, into any) (status int, code pool.Code) {
	began := time.Now()
	status, text, err := p.send(ctx, method, path, body)
	var problem struct {
		Code pool.Code
	}
	switch {
	case ctx.Err() != nil:
		return 0, ""
	case err != nil && p.c.server.staysUpSince(began):
		p.c.chronicle.breach("%s: %s %s: no answer after %s from a server that is there: %v", p.name, method, path, time.Since(began).Round(time.Millisecond), err)
		return 0, ""
	case err != nil:
		p.c.tally.count("calls that met no server")
		return 0, ""
	case status < http.StatusMultipleChoices:
		if into != nil {
			if err := json.Unmarshal(text, into); err != nil {
				p.c.chronicle.breach("%s: %s %s: %v: %s", p.name, method, path, err, text)
			}
		}
		return status, ""
	case json.Unmarshal(text, &problem) != nil || problem.Code == "" || status == http.StatusInternalServerError:
		p.c.chronicle.breach("%s: %s %s: %d %s", p.name, method, path, status, text)
	case !slices.Contains(always, problem.Code) && !p.c.chronicle.any(began, time.Now(), refuses[problem.Code]...):
		p.c.chronicle.breach("%s: %s %s: refused without a reason: %d %s", p.name, method, path, status, text)
	}
	p.c.tally.count("refused with " + string(problem.Code))
	return status, problem.Code
}

// touches tells whether a fault may be felt in the traffic of an instance. Whoever
// is on the way into it needs more than whoever is in.
func (c *chaos) touches(i seenInstance, f fault, enters bool) bool {
	host := c.watch.placeOf(i.ID)
	switch f.kind {
	case serverKilled, serverDies:
		return enters || c.proxy == c.server
	case diskFull:
		return enters // a session is stored
	case proxyKilled:
		return true
	case shutdownMode:
		return f.what != "" // it ends everything
	case cloudFails, strayStarted:
		return false
	}
	return (f.host == host || host == "") && (f.instance == "" || f.instance == i.ID)
}

// judge tells whether traffic may fail as it did: something is wrong, the server
// was away, or the notebook has ended.
func (p *person) judge(ctx context.Context, i seenInstance, began time.Time, what string, enters bool, err error) error {
	said, isAnswer := errors.AsType[answered](err)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		p.c.chronicle.breach("%s: a %s of %s hung for %s", p.name, what, i.Name, time.Since(began).Round(time.Second))
	case p.mayBeForgotten(i) && (errors.Is(err, errStranger) || said.status == http.StatusUnauthorized || said.status == http.StatusForbidden):
		p.c.tally.count(what + ": a session that a full disk did not keep")
	case isAnswer && said.status == http.StatusInternalServerError:
		p.c.chronicle.breach("%s: a %s of %s: %v", p.name, what, i.Name, err)
	case slices.ContainsFunc(p.c.chronicle.during(began, time.Now()), func(f fault) bool { return p.c.touches(i, f, enters) }), !p.c.proxy.staysUpSince(began):
		p.c.tally.count(fmt.Sprintf("%s: %.60s", what, wordsFor(err)))
	case p.isStill(ctx, i, pool.InstanceRunning) && ctx.Err() == nil:
		p.c.chronicle.breach("%s: a %s of %s failed although nothing touches it, after %s: %v", p.name, what, i.Name, time.Since(began).Round(time.Millisecond), err)
	}
	return err
}
