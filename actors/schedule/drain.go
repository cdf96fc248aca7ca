package schedule

import (
	"fmt"
	"strings"
	"time"

	"dockerdriver/actors/pool"
)

// drain empties the pool: no host takes instances, and each is released as soon
// as its last instance has ended (DESIGN.md, "Shutdown mode").
func (p *planner) drain() {
	for n, i := range p.queue {
		p.plan.Waiting[i.ID] = pool.Queue{Position: n + 1, Reason: "the pool is in shutdown mode"}
	}
	for _, h := range p.in.Hosts {
		switch h.State {
		case pool.HostRemoved:
			continue
		case pool.HostActive:
			p.plan.Deactivate = append(p.plan.Deactivate, Deactivation{h.ID, pool.HostStageDraining})
			p.out[h.ID] = true
		}
		switch {
		case h.State == pool.HostStuck:
			p.blocked("%s", stuck(h))
		case h.State == pool.HostRemoving:
			p.blocked("host %s is being released", h.Name)
		case p.used[h.ID] > 0:
			p.blocked("host %s still has instances", h.Name)
		default:
			p.release(h, "shutdown mode, and no instance is left on it")
		}
	}
	for _, i := range p.in.Instances {
		if i.HostID == "" || !i.State.Live() {
			continue
		}
		until := "it has no end"
		if !i.ExpiresAt.IsZero() {
			until = "it ends at " + i.ExpiresAt.UTC().Format(time.RFC3339)
		}
		p.blocked("instance %s is %s, %s", i.Name, i.State, until)
	}
}

func (p *planner) blocked(format string, args ...any) {
	p.plan.Blockers = append(p.plan.Blockers, fmt.Sprintf(format, args...))
}

// stuck names what is left of a host, by id, for a hand that has to help.
func stuck(h *pool.Host) string {
	var left []string
	if id := h.Cloud.ServerID; id != "" {
		left = append(left, "server "+id)
	}
	for _, id := range h.Cloud.VolumeIDs {
		left = append(left, "volume "+id)
	}
	if id := h.Cloud.SecurityGroupID; id != "" {
		left = append(left, "security group "+id)
	}
	words := fmt.Sprintf("host %s cannot be released yet", h.Name)
	if len(left) > 0 {
		words += ": " + strings.Join(left, ", ") + " may be left"
	}
	if n := len(h.Trouble); n > 0 {
		words += " (" + h.Trouble[n-1].Message + ")"
	}
	return words
}
