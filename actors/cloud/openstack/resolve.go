package openstack

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/gophercloud/gophercloud/v2/openstack/blockstorage/v3/volumetypes"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/flavors"
	"github.com/gophercloud/gophercloud/v2/openstack/image/v2/images"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/external"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/security/groups"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/networks"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/subnets"

	"dockerdriver/actors/pool"
)

// resolved is a plan in the cloud's own ids.
type resolved struct {
	flavor, image string
	networks      []named
	prefixes      []netip.Prefix // of those networks, IPv4
	master        string
	extra         []string
}

// named is a candidate in a look-up.
type named struct{ id, name string }

func (n named) String() string { return fmt.Sprintf("%s (%s)", n.name, n.id) }

// resolver finds one field of a plan in the cloud.
type resolver struct {
	field string
	find  func(context.Context, *session, pool.HostPlan, *resolved) error
}

var resolvers = []resolver{
	{fieldFlavor, resolveFlavor},
	{fieldImage, resolveImage},
	{fieldNetworks, resolveNetworks},
	{fieldNetworks, resolvePrefixes},
	{fieldMasterGroup, resolveMasterGroup},
	{fieldExtraGroups, resolveExtraGroups},
	{fieldVolumeType, resolveVolumeType},
}

// resolve looks one field of the plan up; "" means all.
func (c *Cloud) resolve(ctx context.Context, s *session, plan pool.HostPlan, field string) (resolved, error) {
	var found resolved
	if field == "" {
		if err := checkExtraUserData(plan); err != nil {
			return resolved{}, err
		}
	}
	for _, step := range resolvers {
		if field != "" && field != step.field {
			continue
		}
		err := c.retry(ctx, "look up what hosts are made of", func(ctx context.Context) error { return step.find(ctx, s, plan, &found) })
		if err != nil {
			return resolved{}, err
		}
	}
	return found, nil
}

func resolveFlavor(ctx context.Context, s *session, plan pool.HostPlan, into *resolved) error {
	pages, err := flavors.ListDetail(s.nova, flavors.ListOpts{}).AllPages(ctx)
	if err != nil {
		return err
	}
	all, err := flavors.ExtractFlavors(pages)
	if err != nil {
		return err
	}
	one, err := choose(fieldFlavor, "flavor", plan.Flavor, all, func(f flavors.Flavor) named { return named{f.ID, f.Name} })
	into.flavor = one.id
	return err
}

func resolveImage(ctx context.Context, s *session, plan pool.HostPlan, into *resolved) error {
	pages, err := images.List(s.glance, images.ListOpts{Status: images.ImageStatusActive}).AllPages(ctx)
	if err != nil {
		return err
	}
	all, err := images.ExtractImages(pages)
	if err != nil {
		return err
	}
	one, err := choose(fieldImage, "image", plan.Image, all, func(i images.Image) named { return named{i.ID, i.Name} })
	into.image = one.id
	return err
}

type network struct {
	networks.Network
	external.NetworkExternalExt
}

func asNamed(n network) named { return named{n.ID, n.Name} }

func resolveNetworks(ctx context.Context, s *session, plan pool.HostPlan, into *resolved) error {
	pages, err := networks.List(s.neutron, networks.ListOpts{}).AllPages(ctx)
	if err != nil {
		return err
	}
	var all []network
	if err := networks.ExtractNetworksInto(pages, &all); err != nil {
		return err
	}
	into.networks = nil
	for _, wanted := range plan.Networks {
		one, err := choose(fieldNetworks, "network", wanted, all, asNamed)
		if err != nil {
			return err
		}
		into.networks = append(into.networks, one)
	}
	if len(plan.Networks) > 0 {
		return nil
	}
	one, err := onlyNetwork(all, s.project)
	into.networks = []named{one}
	return err
}

// onlyNetwork is the project's one network, else the one that is shared with it.
func onlyNetwork(all []network, project string) (named, error) {
	var own, shared []named
	for _, n := range all {
		switch {
		case n.External:
		case n.ProjectID == project || n.TenantID == project:
			own = append(own, asNamed(n))
		case n.Shared:
			shared = append(shared, asNamed(n))
		}
	}
	if len(own) == 0 {
		own = shared
	}
	switch len(own) {
	case 0:
		return named{}, pool.Invalid(fieldNetworks, "The project has no network that hosts could be on.",
			"Make one, or name one in DD_HOST_NETWORK.")
	case 1:
		return own[0], nil
	default:
		return named{}, pool.Invalid(fieldNetworks, fmt.Sprintf("The project has %d networks, so \"auto\" cannot choose: %s.", len(own), list(own)),
			"Write the id of one in DD_HOST_NETWORK.")
	}
}

func resolvePrefixes(ctx context.Context, s *session, _ pool.HostPlan, into *resolved) error {
	into.prefixes = nil
	for _, n := range into.networks {
		pages, err := subnets.List(s.neutron, subnets.ListOpts{NetworkID: n.id}).AllPages(ctx)
		if err != nil {
			return err
		}
		all, err := subnets.ExtractSubnets(pages)
		if err != nil {
			return err
		}
		for _, subnet := range all {
			prefix, err := netip.ParsePrefix(subnet.CIDR)
			if err != nil {
				return fmt.Errorf("subnet %s has the address range %q: %w", subnet.ID, subnet.CIDR, err)
			}
			if prefix.Addr().Is4() && !slices.Contains(into.prefixes, prefix) {
				into.prefixes = append(into.prefixes, prefix)
			}
		}
	}
	return nil
}

func asNamedGroup(g groups.SecGroup) named { return named{g.ID, g.Name} }

func resolveMasterGroup(ctx context.Context, s *session, plan pool.HostPlan, into *resolved) error {
	all, err := listGroups(ctx, s, "")
	if err != nil {
		return err
	}
	one, err := choose(fieldMasterGroup, "security group", plan.MasterGroup, notHosts(all), asNamedGroup)
	into.master = one.id
	return err
}

// notHosts leaves out the groups of hosts: a pool has many, and nobody means one of them.
func notHosts(all []groups.SecGroup) []groups.SecGroup {
	return slices.DeleteFunc(all, func(g groups.SecGroup) bool { return readDescription(g.Description)[markHost] != "" })
}

func resolveExtraGroups(ctx context.Context, s *session, plan pool.HostPlan, into *resolved) error {
	into.extra = nil
	if len(plan.ExtraGroups) == 0 {
		return nil
	}
	all, err := listGroups(ctx, s, "")
	if err != nil {
		return err
	}
	all = notHosts(all)
	for _, wanted := range plan.ExtraGroups {
		one, err := choose(fieldExtraGroups, "security group", wanted, all, asNamedGroup)
		if err != nil {
			return err
		}
		into.extra = append(into.extra, one.id)
	}
	return nil
}

func resolveVolumeType(ctx context.Context, s *session, plan pool.HostPlan, _ *resolved) error {
	if plan.DataVolumeType == "" {
		return nil // the cloud has a default
	}
	pages, err := volumetypes.List(s.cinder, volumetypes.ListOpts{}).AllPages(ctx)
	if err != nil {
		return err
	}
	all, err := volumetypes.ExtractVolumeTypes(pages)
	if err != nil {
		return err
	}
	_, err = choose(fieldVolumeType, "volume type", plan.DataVolumeType, all, func(t volumetypes.VolumeType) named { return named{t.ID, t.Name} })
	return err
}

// choose finds the one candidate of that id, else of that exact name.
func choose[T any](field, kind, wanted string, all []T, as func(T) named) (named, error) {
	var byName, every []named
	for _, candidate := range all {
		n := as(candidate)
		if n.id == wanted {
			return n, nil
		}
		if n.name == wanted {
			byName = append(byName, n)
		}
		every = append(every, n)
	}
	switch {
	case len(byName) == 1:
		return byName[0], nil
	case len(byName) > 1:
		return named{}, pool.Invalid(field, fmt.Sprintf("The cloud has %d %ss named %q: %s.", len(byName), kind, wanted, list(byName)), "Write the id of one.")
	case len(every) == 0:
		return named{}, pool.Invalid(field, fmt.Sprintf("The cloud has no %s %q, and no other.", kind, wanted), "Make it first.")
	default:
		return named{}, pool.Invalid(field, fmt.Sprintf("The cloud has no %s %q.", kind, wanted), "It has "+list(every)+".")
	}
}

// maxListed bounds how many candidates a message names.
const maxListed = 20

func list(all []named) string {
	slices.SortFunc(all, func(a, b named) int { return strings.Compare(a.name+a.id, b.name+b.id) })
	words := make([]string, 0, len(all))
	for _, n := range all[:min(len(all), maxListed)] {
		words = append(words, n.String())
	}
	text := strings.Join(words, ", ")
	if more := len(all) - maxListed; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
