package openstack

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/gophercloud/gophercloud/v2/openstack/blockstorage/v3/volumes"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servers"

	"dockerdriver/actors/cloud/openstack/userdata"
	"dockerdriver/actors/pool"
)

// Names of a host's volumes, after the host's own.
const (
	rootSuffix = "-root"
	dataSuffix = "-data"
)

// building is one Build under way.
type building struct {
	*Cloud
	s     *session
	host  pool.Host
	note  func(pool.CloudResources) error
	noted pool.CloudResources // begins with what the record has
	plan  *resolved           // nil until something has to be made
}

// Build makes what the plan says, or finds it: the security group, the volumes,
// the server; and waits, until ctx ends, for the server to be ACTIVE with a
// fixed IPv4 address. An error tells the cloud's own words; nothing is removed
// on the way. A refusal for the project's quota is *pool.Error with CodeQuota,
// one for a plan that the cloud has no match for is one with CodeInvalid.
func (c *Cloud) Build(ctx context.Context, host pool.Host, note func(pool.CloudResources) error) (pool.Machine, error) {
	var machine pool.Machine
	err := c.with(ctx, host.Name, func(s *session) error {
		b := &building{Cloud: c, s: s, host: host, note: note, noted: host.Cloud}
		var err error
		machine, err = b.build(ctx)
		return err
	})
	if err != nil {
		return pool.Machine{}, fmt.Errorf("cannot build host %s: %w", host.Name, err)
	}
	return machine, nil
}

func (b *building) build(ctx context.Context) (pool.Machine, error) {
	group, err := b.ensureGroup(ctx)
	if err != nil {
		return pool.Machine{}, err
	}
	if err := b.keep(func(r *pool.CloudResources) { r.SecurityGroupID = group }); err != nil {
		return pool.Machine{}, err
	}
	var disks []servers.BlockDevice
	var data string
	if gb := b.host.Plan.RootVolumeGB; gb > 0 {
		root, err := b.ensureKept(ctx, rootSuffix, func(r resolved) volumes.CreateOpts {
			return volumes.CreateOpts{Size: gb, ImageID: r.image}
		})
		if err != nil {
			return pool.Machine{}, err
		}
		disks = append(disks, volumeDisk(root, 0))
	}
	if gb := b.host.Plan.DataVolumeGB; gb > 0 {
		data, err = b.ensureKept(ctx, dataSuffix, func(resolved) volumes.CreateOpts {
			return volumes.CreateOpts{Size: gb, VolumeType: b.host.Plan.DataVolumeType}
		})
		if err != nil {
			return pool.Machine{}, err
		}
		disks = append(disks, volumeDisk(data, -1))
	}
	if err := b.dropGone(ctx, disks); err != nil {
		return pool.Machine{}, err
	}
	server, err := b.ensureServer(ctx, group, disks, data)
	if err != nil {
		return pool.Machine{}, err
	}
	if err := b.keep(func(r *pool.CloudResources) { r.ServerID = server }); err != nil {
		return pool.Machine{}, err
	}
	address, err := b.waitActive(ctx, server)
	if err != nil {
		return pool.Machine{}, err
	}
	return pool.Machine{
		Endpoint: pool.Endpoint{
			URL:        fmt.Sprintf("tcp://%s:%d", address, userdata.EnginePort),
			Address:    address,
			ServerName: b.host.Name,
		},
		Slots:     b.host.Plan.Slots,
		Resources: b.noted,
	}, nil
}

// resolve looks the plan up once, and only when something has to be made: a
// host that stands does not depend on its flavor's being offered still.
func (b *building) resolve(ctx context.Context) (resolved, error) {
	if b.plan == nil {
		found, err := b.Cloud.resolve(ctx, b.s, b.host.Plan, "")
		if err != nil {
			return resolved{}, err
		}
		b.plan = &found
	}
	return *b.plan, nil
}

// ensure finds what is there, else looks the plan up and makes it. Each repeated
// try looks again: the answer to a create may have been lost.
func (b *building) ensure(ctx context.Context, doing string, find func(context.Context) (id string, err error), create func(context.Context, resolved) (id string, err error)) (id string, err error) {
	look := func(ctx context.Context) error {
		id, err = find(ctx)
		return err
	}
	if err := b.retry(ctx, doing, look); err != nil || id != "" {
		return id, err
	}
	// Before anything is made: what cannot be built shall leave nothing behind.
	plan, err := b.resolve(ctx)
	if err != nil {
		return "", err
	}
	looked := true
	err = b.retry(ctx, doing, func(ctx context.Context) error {
		if !looked {
			if err := look(ctx); err != nil || id != "" {
				return err
			}
		}
		looked = false
		id, err = create(ctx, plan)
		return err
	})
	return id, err
}

// keep has a change of what the host holds stored.
func (b *building) keep(change func(*pool.CloudResources)) error {
	next := b.noted
	next.VolumeIDs = slices.Clone(next.VolumeIDs)
	change(&next)
	if reflect.DeepEqual(next, b.noted) {
		return nil
	}
	if err := b.note(next); err != nil {
		return fmt.Errorf("cannot store what was made: %w", err)
	}
	b.noted = next
	return nil
}

// dropGone forgets volumes that an earlier try noted and that this one does not
// use, once the cloud knows them no more. Others stay in the record, so that the
// release finds them.
func (b *building) dropGone(ctx context.Context, disks []servers.BlockDevice) error {
	for _, id := range b.noted.VolumeIDs {
		if slices.ContainsFunc(disks, func(d servers.BlockDevice) bool { return d.UUID == id }) {
			continue
		}
		err := b.retry(ctx, "look at volume "+id, func(ctx context.Context) error {
			_, err := volumes.Get(ctx, b.s.cinder, id).Extract()
			return err
		})
		if !notFound(err) {
			if err != nil {
				return err
			}
			continue
		}
		if err := b.keep(func(r *pool.CloudResources) {
			r.VolumeIDs = slices.DeleteFunc(r.VolumeIDs, func(other string) bool { return other == id })
		}); err != nil {
			return err
		}
	}
	return nil
}

// recorded returns the thing whose id the record has, if the cloud has it
// still: it is used under whatever name, and not forgotten before it is gone.
func recorded[T any](b *building, id string, get func(id string) (*T, error), as func(T) thing) (*T, error) {
	if id == "" {
		return nil, nil
	}
	there, err := get(id)
	switch {
	case notFound(err):
		return nil, nil
	case err != nil:
		return nil, err
	case !b.ours(as(*there).mark):
		return nil, foreignName(as(*there))
	}
	return there, nil
}

// ensureKept makes a volume or finds it, and has its id stored before it is waited for.
func (b *building) ensureKept(ctx context.Context, suffix string, opts func(resolved) volumes.CreateOpts) (string, error) {
	id, err := b.ensureVolume(ctx, suffix, opts)
	if err != nil {
		return "", err
	}
	if err := b.keep(func(r *pool.CloudResources) {
		if !slices.Contains(r.VolumeIDs, id) {
			r.VolumeIDs = append(r.VolumeIDs, id)
		}
	}); err != nil {
		return "", err
	}
	return id, b.waitVolume(ctx, id, b.host.Name+suffix)
}
