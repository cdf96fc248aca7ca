//go:build hosts

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"dockerdriver/actors/pool"
)

const (
	// callLimit is how long a call of the API may take: the server's own bound is 30 s.
	callLimit   = 40 * time.Second
	followEvery = 250 * time.Millisecond
	usePace     = 200 * time.Millisecond
	// startPatience is how long a launch may take in which nothing is wrong.
	startPatience = 90 * time.Second
)

// person is somebody who launches notebooks, opens and uses them, and destroys
// them, or leaves.
type person struct {
	c      *chaos
	name   string
	client *http.Client // a browser: the web UI's cookie, and those of notebooks
	dice   *rand.Rand
	has    map[string]bool // instances that this one launched

	mu     sync.Mutex
	opened map[string]seenInstance
	// forgotten are those whose session could not be stored: a server that starts
	// again knows nothing of it.
	forgotten map[string]bool
}

// mayBeForgotten tells whether the person must be let into a notebook anew.
func (p *person) mayBeForgotten(i seenInstance) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.forgotten[i.ID]
}

// notebooks are those that the person was let into.
func (p *person) notebooks() []seenInstance {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Collect(maps.Values(p.opened))
}

func (p *person) send(ctx context.Context, method, path string, body any) (int, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	var send io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return 0, nil, err
		}
		send = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://"+p.c.ui+"/api/v1"+path, send)
	if err != nil {
		return 0, nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, text, err
}

// read asks for something; false: there was no answer, or another one.
func (p *person) read(ctx context.Context, path string, into any) bool {
	status, _ := p.call(ctx, http.MethodGet, path, nil, into)
	return status == http.StatusOK
}

// try does something, whatever becomes of it.
func (p *person) try(ctx context.Context, method, path string, body any) bool {
	status, _ := p.call(ctx, method, path, body, nil)
	return status >= http.StatusOK && status < http.StatusMultipleChoices
}

// set gives a variable a value, or tells that it could not.
func (p *person) set(ctx context.Context, key, value string) error {
	if !p.try(ctx, http.MethodPut, "/variables/"+key, map[string]any{"value": value}) {
		return fmt.Errorf("%s cannot be set to %s", key, value)
	}
	return nil
}

func (p *person) logIn(ctx context.Context, password string) bool {
	return p.try(ctx, http.MethodPost, "/sessions", map[string]string{"email": p.name, "password": password})
}

// lives is the person's day.
func (p *person) lives(ctx context.Context) {
	for ctx.Err() == nil {
		rest(ctx, time.Duration(p.dice.Int64N(int64(2*time.Second))))
		i, ok := p.launches(ctx)
		if !ok {
			p.adopt(ctx)
			continue
		}
		p.has[i.ID] = true
		p.stays(ctx, i)
	}
}

// stays waits for a notebook, and uses it until it is over.
func (p *person) stays(ctx context.Context, i seenInstance) {
	if p.dice.Float64() < 0.15 { // of another mind
		rest(ctx, time.Duration(p.dice.Int64N(int64(1500*time.Millisecond))))
		p.c.tally.count("destroyed before they ran")
		p.destroys(ctx, i)
		return
	}
	i, ok := p.follows(ctx, i)
	if !ok || !p.opens(ctx, i) {
		p.destroys(ctx, i)
		return
	}
	length := 3*time.Second + time.Duration(p.dice.Int64N(int64(15*time.Second)))
	leaves := p.dice.Float64() < 0.2
	for end := time.Now().Add(length); time.Now().Before(end) && ctx.Err() == nil; rest(ctx, usePace) {
		if p.uses(ctx, i) {
			continue
		}
		if !p.isStill(ctx, i, pool.InstanceRunning) || p.mayBeForgotten(i) && !p.opens(ctx, i) {
			break
		}
	}
	if leaves {
		p.c.tally.count("left behind")
		return
	}
	p.destroys(ctx, i)
}

// launches presses the button.
func (p *person) launches(ctx context.Context) (i seenInstance, ok bool) {
	defer p.c.act()()
	p.c.tally.count("launches asked for")
	blueprint := p.c.work
	if p.dice.Float64() < 0.3 {
		blueprint = p.c.brief
	}
	status, _ := p.call(ctx, http.MethodPost, "/instances", map[string]any{"blueprint_id": blueprint}, &i)
	if status != http.StatusAccepted {
		return i, false
	}
	p.c.tally.count("launches")
	p.c.accepted(i)
	return i, true
}

// adopt finds what was launched although nobody heard the answer.
func (p *person) adopt(ctx context.Context) {
	var list struct{ Items []seenInstance }
	if !p.read(ctx, "/instances", &list) {
		return
	}
	for _, i := range list.Items {
		if !p.has[i.ID] {
			p.has[i.ID] = true
			p.c.tally.count("launches that were answered to nobody")
			p.c.accepted(i)
			p.stays(ctx, i)
			return
		}
	}
	for _, i := range list.Items { // one that was left, and takes the place of another
		if p.dice.Float64() < 0.5 {
			p.destroys(ctx, i)
		}
	}
}

// follows waits until the notebook runs; false: it went another way.
func (p *person) follows(ctx context.Context, i seenInstance) (seenInstance, bool) {
	quietSince := time.Now()
	for ; ctx.Err() == nil; rest(ctx, followEvery) {
		var now seenInstance
		status, code := p.call(ctx, http.MethodGet, "/instances/"+i.ID, nil, &now)
		if code == pool.CodeNotFound {
			p.c.chronicle.breach("%s: instance %s (%s) was accepted, and is not known any more", p.name, i.ID, i.Name)
			return i, false
		}
		if status != http.StatusOK {
			continue
		}
		i = now
		switch i.State {
		case pool.InstanceRunning:
			p.c.tally.count("ran")
			return i, true
		case pool.InstanceQueueing, pool.InstanceProvisioning:
		default:
			return i, false
		}
		if !p.c.chronicle.isQuiet(time.Now().Add(-followEvery), time.Now()) || p.c.watch.isPaused() {
			quietSince = time.Now()
		}
		if waited := time.Since(quietSince); waited > startPatience {
			p.c.chronicle.breach("%s: instance %s is %s (%s) although nothing was wrong for %s: %v", p.name, i.Name, i.State, i.Stage, waited.Round(time.Second), i.Queue)
			return i, false
		}
	}
	return i, false
}

// isStill tells whether an instance is in a state.
func (p *person) isStill(ctx context.Context, i seenInstance, state pool.InstanceState) bool {
	var now seenInstance
	status, _ := p.call(ctx, http.MethodGet, "/instances/"+i.ID, nil, &now)
	return status == 0 || now.State == state
}

// opens follows the single-use address into the notebook.
func (p *person) opens(ctx context.Context, i seenInstance) bool {
	for ; ctx.Err() == nil; rest(ctx, time.Second) {
		began := time.Now()
		done := p.c.act()
		var way struct{ URL string }
		status, code := p.call(ctx, http.MethodPost, "/instances/"+i.ID+"/open", map[string]any{}, &way)
		done()
		if status == http.StatusOK && p.visits(ctx, i, way.URL) == nil && p.uses(ctx, i) {
			p.c.tally.count("opened")
			p.mu.Lock()
			p.opened[i.ID] = i
			p.forgotten[i.ID] = p.c.chronicle.any(began, time.Now(), diskFull)
			p.mu.Unlock()
			return true
		}
		if code == pool.CodeNotRunning || code == pool.CodeNotFound || !p.isStill(ctx, i, pool.InstanceRunning) {
			return false
		}
	}
	return false
}

// destroys ends an instance, and waits until it is seen to end.
func (p *person) destroys(ctx context.Context, i seenInstance) {
	for ; ctx.Err() == nil; rest(ctx, time.Second) {
		done := p.c.act()
		status, code := p.call(ctx, http.MethodDelete, "/instances/"+i.ID, nil, nil)
		done()
		if status == http.StatusAccepted {
			p.c.tally.count("destroyed")
			return
		}
		if code == pool.CodeNotFound {
			return
		}
	}
}
