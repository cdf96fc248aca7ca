package httpapi

import (
	"context"
	"fmt"
	"time"

	"dockerdriver/actors/pool"
)

func (p *fakePool) Launch(_ context.Context, by pool.User, blueprintID string) (pool.Instance, error) {
	return p.launch(by, blueprintID, false)
}

func (p *fakePool) TestLaunch(_ context.Context, by pool.User, blueprintID string) (pool.Instance, error) {
	return p.launch(by, blueprintID, true)
}

func (p *fakePool) launch(by pool.User, blueprintID string, test bool) (pool.Instance, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.failing(); err != nil {
		return pool.Instance{}, err
	}
	b := p.view.Blueprint(blueprintID)
	if b == nil {
		return pool.Instance{}, pool.Refuse(pool.CodeNotFound, "There is no such blueprint.", "Choose another.")
	}
	if !b.IsEnabled && !test {
		return pool.Instance{}, pool.Refuse(pool.CodeBlueprintOff, "It is not active.", "Choose another.")
	}
	if test && !by.IsAdmin() {
		return pool.Instance{}, pool.Refuse(pool.CodeForbidden, "Only administrators may.", "Ask one.")
	}
	live := 0
	for _, i := range p.view.Instances {
		if i.UserID == by.ID && i.State.Live() {
			live++
		}
	}
	if live >= b.Config.MaximumPerUser() {
		return pool.Instance{}, pool.Refuse(pool.CodeInstanceLimit, "You have as many as you may.", "End one.")
	}
	spec, err := b.Config.Parse()
	if err != nil {
		return pool.Instance{}, err
	}
	p.made++
	i := pool.Instance{
		Test: test,
		ID:   fmt.Sprintf("i%d", p.made), Name: fmt.Sprintf("pb-%d", p.made), Label: fmt.Sprintf("label%d", p.made),
		State: pool.InstanceQueueing, BlueprintID: b.ID, UserID: by.ID, Spec: spec, Password: "secret-of-the-notebook",
		CreatedAt: time.Now(), StageSince: time.Now(), Queue: &pool.Queue{Position: 1, Reason: "no host is ready"},
	}
	p.change(i)
	return i, nil
}

func (p *fakePool) ExtendInstance(_ context.Context, _ pool.User, id string) (pool.Instance, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := *p.view.Instance(id)
	if err := i.MayExtend(); err != nil {
		return i, err
	}
	i.ExpiresAt = i.Extended(time.Now())
	p.change(i)
	return i, nil
}

func (p *fakePool) VisitInstance(_ context.Context, by pool.User, id, reason string) (pool.Instance, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := *p.view.Instance(id)
	if err := i.MayVisit(); err != nil {
		return i, err
	}
	i = i.Visited(pool.Visit{At: time.Now(), UserID: by.ID, Reason: reason})
	p.change(i)
	return i, nil
}

func (p *fakePool) EndInstance(_ context.Context, by pool.User, id, reason string) (pool.Instance, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := *p.view.Instance(id)
	if i.State != pool.InstanceDeleted {
		i = i.At(pool.InstanceDeleted, "", time.Now())
		i.EndReason = reason
		p.change(i)
	}
	return i, nil
}
