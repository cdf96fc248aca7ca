package openstack

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/flavors"
	"github.com/gophercloud/gophercloud/v2/openstack/image/v2/images"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/external"
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

// Validate tells whether the cloud has what the plan names. The error is a
// *pool.Error with the plan's field (flavor, image, networks, master_group,
// extra_groups) and says what there is instead.
func (c *Cloud) Validate(ctx context.Context, plan pool.HostPlan) error {
	return c.with(ctx, "", func(s *session) error {
		_, err := c.resolve(ctx, s, plan)
		return err
	})
}

func (c *Cloud) resolve(ctx context.Context, s *session, plan pool.HostPlan) (resolved, error) {
	var found resolved
	for _, step := range []func(context.Context, *session, pool.HostPlan, *resolved) error{
		resolveFlavor, resolveImage, resolveNetworks, resolvePrefixes, resolveGroups,
	} {
		err := c.retry(ctx, "look up what hosts are made of", func(ctx context.Context) error { return step(ctx, s, plan, &found) })
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
	one, err := choose("flavor", "flavor", plan.Flavor, all, func(f flavors.Flavor) named { return named{f.ID, f.Name} })
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
	one, err := choose("image", "image", plan.Image, all, func(i images.Image) named { return named{i.ID, i.Name} })
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
		one, err := choose("networks", "network", wanted, all, asNamed)
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
		return named{}, pool.Invalid("networks", "The project has no network that hosts could be on.",
			"Make one, or name one in DD_HOST_NETWORK.")
	case 1:
		return own[0], nil
	default:
		return named{}, pool.Invalid("networks", fmt.Sprintf("The project has %d networks, so \"auto\" cannot choose: %s.", len(own), list(own)),
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

func resolveGroups(ctx context.Context, s *session, plan pool.HostPlan, into *resolved) error {
	all, err := listGroups(ctx, s, "")
	if err != nil {
		return err
	}
	var candidates []named
	for _, g := range all {
		candidates = append(candidates, named{g.ID, g.Name})
	}
	itself := func(n named) named { return n }
	master, err := choose("master_group", "security group", plan.MasterGroup, candidates, itself)
	if err != nil {
		return err
	}
	into.master, into.extra = master.id, nil
	for _, wanted := range plan.ExtraGroups {
		one, err := choose("extra_groups", "security group", wanted, candidates, itself)
		if err != nil {
			return err
		}
		into.extra = append(into.extra, one.id)
	}
	return nil
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
