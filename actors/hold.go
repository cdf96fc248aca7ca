package actors

import (
	"context"
	"strings"

	"github.com/rs/zerolog"

	"dockerdriver/actors/pool"
)

// hold is an instance's hold on its host's engine: copies of what effects need,
// because effects run beside the actor and must not look into it.
type hold struct {
	deps *deps
	log  zerolog.Logger
	rec  pool.Instance
	host pool.Host
}

func (a *instance) hold() hold { return hold{deps: a.deps, log: a.log, rec: a.rec, host: a.host} }

func (h hold) engine() (Engine, error) { return h.deps.Engines.Engine(h.host.Endpoint) }

// hasImage tells whether the instance's image is on the host already.
func (h hold) hasImage(ctx context.Context) (bool, error) {
	engine, err := h.engine()
	if err != nil {
		return false, err
	}
	return engine.HasImage(ctx, h.rec.Spec.ImageID)
}

func (h hold) create(ctx context.Context) (string, error) {
	engine, err := h.engine()
	if err != nil {
		return "", err
	}
	return engine.Create(ctx, h.spec())
}

func (h hold) start(ctx context.Context) (pool.Container, error) {
	engine, err := h.engine()
	if err != nil {
		return pool.Container{}, err
	}
	return engine.Start(ctx, h.rec.ContainerID)
}

func (h hold) spec() pool.ContainerSpec {
	fill := strings.NewReplacer("{password}", h.rec.Password, "{proxy_path}", h.deps.ProxyPath(h.rec.Label))
	filled := func(words []string) []string {
		out := make([]string, len(words))
		for n, w := range words {
			out[n] = fill.Replace(w)
		}
		return out
	}
	s := h.rec.Spec
	return pool.ContainerSpec{
		Name: h.rec.Name, Installation: h.deps.installation, InstanceID: h.rec.ID, Slots: s.Slots,
		ImageID: s.ImageID, Command: filled(s.Command), Env: filled(s.Env),
		MemoryB: s.MemoryB, CPUs: s.CPUs, Pids: s.Pids, Capabilities: s.Capabilities,
		Port: s.Port, Address: h.host.Endpoint.Address,
	}
}

// all returns every container of this instance: one whose creation was cut off
// is found by its label, not by an id that never arrived.
func (h hold) all(ctx context.Context) ([]pool.Container, error) {
	engine, err := h.engine()
	if err != nil {
		return nil, err
	}
	listed, err := engine.List(ctx, h.deps.installation)
	if err != nil {
		return nil, err
	}
	var own []pool.Container
	for _, c := range listed {
		if c.InstanceID == h.rec.ID {
			own = append(own, c)
		}
	}
	return own, nil
}

// find returns the instance's container, or nil when the engine has none.
func (h hold) find(ctx context.Context) (*pool.Container, error) {
	own, err := h.all(ctx)
	if err != nil || len(own) == 0 {
		return nil, err
	}
	return &own[0], nil
}

// remove removes what there is of the instance on its engine.
func (h hold) remove(ctx context.Context) error {
	if h.host.ID == "" { // never placed, or the host is gone and the container with it
		return nil
	}
	own, err := h.all(ctx)
	if err != nil {
		return err
	}
	engine, err := h.engine()
	if err != nil {
		return err
	}
	for _, c := range own {
		if err := engine.Remove(ctx, c.ID); err != nil {
			return err
		}
	}
	return nil
}

// lastWords returns the end of the container's log, as far as it can be had.
func (h hold) lastWords(ctx context.Context) []string {
	if h.rec.ContainerID == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, logsLimit)
	defer cancel()
	engine, err := h.engine()
	if err != nil {
		return nil
	}
	lines, err := engine.Logs(ctx, h.rec.ContainerID, failureLogTail)
	if err != nil {
		h.log.Warn().Err(err).Msg("cannot read container log")
	}
	return lines
}
