package openstack

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/gophercloud/gophercloud/v2/openstack/blockstorage/v3/volumes"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servers"
)

// waitLimit bounds a wait for what is being built. A host's own time limit, in
// the context, is shorter.
const waitLimit = time.Hour

// volumeDisk attaches a volume that goes with the server.
func volumeDisk(id string, bootIndex int) servers.BlockDevice {
	return servers.BlockDevice{
		SourceType: servers.SourceVolume, DestinationType: servers.DestinationVolume,
		UUID: id, BootIndex: bootIndex, DeleteOnTermination: true,
	}
}

// ensureVolume makes the volume or finds it; opts say what it is besides its name and mark.
func (b *building) ensureVolume(ctx context.Context, suffix string, opts func(resolved) volumes.CreateOpts) (id string, err error) {
	name := b.host.Name + suffix
	return b.ensure(ctx, "make volume "+name,
		func(ctx context.Context) (string, error) {
			all, err := listVolumes(ctx, b.s, name)
			if err != nil {
				return "", err
			}
			there, err := oldest(all, volumeThing, b.ours)
			if there == nil {
				return "", err
			}
			return there.ID, nil
		},
		func(ctx context.Context, plan resolved) (string, error) {
			create := opts(plan)
			create.Name, create.Metadata = name, b.mark(b.host)
			made, err := volumes.Create(ctx, b.s.cinder, create, nil).Extract()
			if err != nil {
				return "", refusedForGood("make volume "+name, err)
			}
			return made.ID, nil
		})
}

// waitVolume waits until the volume can be used, or is.
func (b *building) waitVolume(ctx context.Context, id, name string) error {
	return b.poll(ctx, "make volume "+name, waitLimit, func(ctx context.Context) (bool, string, error) {
		v, err := volumes.Get(ctx, b.s.cinder, id).Extract()
		if notFound(err) {
			return false, "", buildFailed(fmt.Sprintf("volume %s is gone: somebody else deleted it", id), "")
		}
		if err != nil {
			return false, "", err
		}
		if strings.HasPrefix(v.Status, "error") || strings.HasPrefix(v.Status, "deleting") {
			return false, v.Status, buildFailed(fmt.Sprintf("volume %s (%s) is in status %s", name, id, v.Status), "Ask the cloud's operators why, or set another size or type of volumes (DD_HOST_*).")
		}
		ready := v.Status == "available" || v.Status == "in-use" || v.Status == "attaching" || v.Status == "reserved"
		return ready, v.Status, nil
	})
}
