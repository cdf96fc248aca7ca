package openstack

import (
	"context"
	"net/http"
	"slices"

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
			group, err = recorded(b, b.host.Cloud.SecurityGroupID, func(id string) (*groups.SecGroup, error) {
				return groups.Get(ctx, b.s.neutron, id).Extract()
			}, groupThing)
			if group == nil && err == nil {
				var all []groups.SecGroup
				if all, err = listGroups(ctx, b.s, b.host.Name); err == nil {
					group, err = oldest(all, groupThing, b.ours)
				}
			}
			if group == nil {
				return "", err
			}
			return group.ID, nil
		},
		func(ctx context.Context, _ resolved) (string, error) {
			group, err = groups.Create(ctx, b.s.neutron, groups.CreateOpts{
				Name: b.host.Name, Description: description(b.mark(b.host)),
			}).Extract()
			if err != nil {
				return "", refusedForGood("make security group "+b.host.Name, err)
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

// ensureRules leaves the group open to the master group on the engine's port and
// the published ones, and on nothing else.
func (b *building) ensureRules(ctx context.Context, group *groups.SecGroup) error {
	published := ports{b.host.Plan.PortFirst, b.host.Plan.PortLast}
	if published.first == 0 {
		published = ports{defaultPortFirst, defaultPortLast}
	}
	wanted := []ports{engine, published}
	master, err := b.master(ctx, false)
	if err != nil {
		return err
	}
	missing, wrong := judge(group.Rules, master, wanted)
	if len(missing)+len(wrong) > 0 {
		// Before anything is touched: the group of that name may be another one now.
		if master, err = b.master(ctx, true); err != nil {
			return err
		}
		missing, wrong = judge(group.Rules, master, wanted)
	}
	for _, r := range wrong {
		if err := b.closeRule(ctx, r); err != nil {
			return err
		}
	}
	for _, open := range missing {
		if err := b.openRule(ctx, group.ID, master, open); err != nil {
			return err
		}
	}
	return nil
}

// judge tells which ports are not open to the master group, and which rules let
// in what they should not.
func judge(all []rules.SecGroupRule, master string, wanted []ports) (missing []ports, wrong []rules.SecGroupRule) {
	missing = slices.Clone(wanted)
	for _, r := range all {
		if r.Direction != string(rules.DirIngress) {
			continue
		}
		open := ports{r.PortRangeMin, r.PortRangeMax}
		asMade := r.EtherType == string(rules.EtherType4) && r.Protocol == string(rules.ProtocolTCP) && r.RemoteGroupID == master
		if asMade && slices.Contains(wanted, open) {
			missing = slices.DeleteFunc(missing, func(p ports) bool { return p == open })
		} else {
			wrong = append(wrong, r)
		}
	}
	return missing, wrong
}

var engine = ports{userdata.EnginePort, userdata.EnginePort}

// master is the id of the group that hosts let in, as it was last looked up.
func (b *building) master(ctx context.Context, anew bool) (string, error) {
	wanted := b.host.Plan.MasterGroup
	if id, known := b.masters.Load(wanted); known && !anew {
		return id.(string), nil
	}
	found, err := b.Cloud.resolve(ctx, b.s, b.host.Plan, fieldMasterGroup)
	if err != nil {
		return "", err
	}
	b.masters.Store(wanted, found.master)
	return found.master, nil
}

func (b *building) openRule(ctx context.Context, group, master string, open ports) error {
	return b.retry(ctx, "open security group "+b.host.Name+" to "+b.host.Plan.MasterGroup, func(ctx context.Context) error {
		_, err := rules.Create(ctx, b.s.neutron, rules.CreateOpts{
			SecGroupID: group, Direction: rules.DirIngress, EtherType: rules.EtherType4, Protocol: rules.ProtocolTCP,
			PortRangeMin: open.first, PortRangeMax: open.last, RemoteGroupID: master,
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
