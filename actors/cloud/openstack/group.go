package openstack

import (
	"context"
	"net/http"

	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/security/groups"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/security/rules"

	"dockerdriver/actors/cloud/openstack/userdata"
)

// Ports that containers are published on where the plan does not say: the
// kernel's own range, from which the engine takes them.
const (
	defaultPortFirst = 32768
	defaultPortLast  = 60999
)

// ensureGroup makes the host's security group, or finds it, puts back rules
// that it lacks, and takes out what somebody has opened besides.
func (b *building) ensureGroup(ctx context.Context) (id string, err error) {
	var group *groups.SecGroup
	id, err = b.ensure(ctx, "make security group "+b.host.Name,
		func(ctx context.Context) (string, error) {
			all, err := listGroups(ctx, b.s, b.host.Name)
			if err != nil {
				return "", err
			}
			if group, err = oldest(all, groupThing, b.ours); group == nil {
				return "", err
			}
			return group.ID, nil
		},
		func(ctx context.Context, _ resolved) (string, error) {
			group, err = groups.Create(ctx, b.s.neutron, groups.CreateOpts{
				Name: b.host.Name, Description: description(b.mark(b.host)),
			}).Extract()
			if err != nil {
				return "", err
			}
			return group.ID, nil
		})
	if err != nil {
		return "", err
	}
	return id, b.ensureRules(ctx, group)
}

func (b *building) ours(mark map[string]string) bool { return b.isOurs(mark, b.host) }

type ports struct{ first, last int }

func (b *building) ensureRules(ctx context.Context, group *groups.SecGroup) error {
	published := ports{b.host.Plan.PortFirst, b.host.Plan.PortLast}
	if published.first == 0 {
		published = ports{defaultPortFirst, defaultPortLast}
	}
	there := map[ports]bool{}
	for _, r := range group.Rules {
		if r.Direction != string(rules.DirIngress) {
			continue
		}
		open := ports{r.PortRangeMin, r.PortRangeMax}
		asMade := r.EtherType == string(rules.EtherType4) && r.Protocol == string(rules.ProtocolTCP) && r.RemoteGroupID != ""
		if asMade && (open == engine || open == published) {
			there[open] = true
		} else if err := b.closeRule(ctx, r); err != nil {
			return err
		}
	}
	for _, open := range []ports{engine, published} {
		if there[open] {
			continue
		}
		if err := b.openRule(ctx, group.ID, open); err != nil {
			return err
		}
	}
	return nil
}

var engine = ports{userdata.EnginePort, userdata.EnginePort}

func (b *building) openRule(ctx context.Context, group string, open ports) error {
	plan, err := b.resolve(ctx)
	if err != nil {
		return err
	}
	return b.retry(ctx, "open security group "+b.host.Name+" to "+b.host.Plan.MasterGroup, func(ctx context.Context) error {
		_, err := rules.Create(ctx, b.s.neutron, rules.CreateOpts{
			SecGroupID: group, Direction: rules.DirIngress, EtherType: rules.EtherType4, Protocol: rules.ProtocolTCP,
			PortRangeMin: open.first, PortRangeMax: open.last, RemoteGroupID: plan.master,
		}).Extract()
		if isStatus(err, http.StatusConflict) && !overQuota(err) {
			return nil // an earlier try made it
		}
		return err
	})
}

func (b *building) closeRule(ctx context.Context, r rules.SecGroupRule) error {
	b.log.Warn().Str("host", b.host.Name).Str("rule", r.ID).Int("first", r.PortRangeMin).Int("last", r.PortRangeMax).
		Str("source", r.RemoteIPPrefix+r.RemoteGroupID).Msg("security group was opened by hand; rule is removed")
	return b.retry(ctx, "close what was opened by hand in security group "+b.host.Name, func(ctx context.Context) error {
		if err := rules.Delete(ctx, b.s.neutron, r.ID).ExtractErr(); !notFound(err) {
			return err
		}
		return nil
	})
}
