package openstack

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servers"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/networks"

	"dockerdriver/actors/cloud/openstack/userdata"
)

// ensureServer makes the server or finds it. One that is being deleted is
// waited for: it cannot be had back.
func (b *building) ensureServer(ctx context.Context, group string, disks []servers.BlockDevice, data string) (id string, err error) {
	var leaving *servers.Server
	find := func(ctx context.Context) (string, error) {
		there, err := recorded(b, b.host.Cloud.ServerID, func(id string) (*servers.Server, error) {
			return servers.Get(ctx, b.s.nova, id).Extract()
		}, serverThing)
		if there == nil && err == nil {
			var all []servers.Server
			if all, err = listServers(ctx, b.s, b.host.Name); err == nil {
				there, err = oldest(all, serverThing, b.ours)
			}
		}
		if there == nil {
			return "", err
		}
		if isLeaving(*there) {
			leaving = there
		}
		return there.ID, nil
	}
	create := func(ctx context.Context, plan resolved) (string, error) {
		id, err := b.createServer(ctx, plan, group, disks, data)
		return id, refusedForGood("make server "+b.host.Name, err)
	}
	doing := "make server " + b.host.Name
	id, err = b.ensure(ctx, doing, find, create)
	if err != nil || leaving == nil {
		return id, err
	}
	if err := b.remove(ctx, b.s, serverRemover, serverThing(*leaving)); err != nil {
		return "", err
	}
	return b.ensure(ctx, doing, find, create)
}

func isLeaving(s servers.Server) bool {
	return s.Status == "DELETED" || s.Status == statusSoftDeleted || s.TaskState == "deleting"
}

func (b *building) createServer(ctx context.Context, plan resolved, group string, disks []servers.BlockDevice, data string) (string, error) {
	text, err := b.userData(plan, data)
	if err != nil {
		return "", err
	}
	configDrive := true
	opts := servers.CreateOpts{
		Name:           b.host.Name,
		FlavorRef:      plan.flavor,
		SecurityGroups: append([]string{group}, plan.extra...),
		UserData:       text,
		ConfigDrive:    &configDrive,
		Metadata:       b.mark(b.host),
		BlockDevice:    disks,
	}
	if b.host.Plan.RootVolumeGB == 0 {
		opts.ImageRef = plan.image
		if len(disks) > 0 { // Nova wants the disk it boots from listed beside others
			opts.BlockDevice = append([]servers.BlockDevice{{
				SourceType: servers.SourceImage, DestinationType: servers.DestinationLocal, UUID: plan.image, DeleteOnTermination: true,
			}}, disks...)
		}
	}
	var on []servers.Network
	for _, n := range plan.networks {
		on = append(on, servers.Network{UUID: n.id})
	}
	opts.Networks = on
	made, err := servers.Create(ctx, b.s.nova, opts, nil).Extract()
	if err != nil {
		return "", err
	}
	return made.ID, nil
}

func (b *building) userData(plan resolved, data string) ([]byte, error) {
	certificates, err := b.config.Certificates(b.host)
	if err != nil {
		return nil, fmt.Errorf("cannot make the host's certificate: %w", err)
	}
	in := userdata.Input{
		Certificates: certificates,
		Networks:     plan.prefixes,
		PortFirst:    b.host.Plan.PortFirst,
		PortLast:     b.host.Plan.PortLast,
		Extra:        b.host.Plan.ExtraUserData,
	}
	if data != "" {
		// The id is the disk's serial number, of which virtio-blk shows 20 characters.
		in.DataDevices = []string{"/dev/disk/by-id/virtio-" + data[:min(20, len(data))], "/dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_" + data}
		if device := b.host.Plan.DataVolumeDevice; device != "" {
			in.DataDevices = append(in.DataDevices, device)
		}
	}
	return userdata.Render(in)
}

// waitActive waits for the server and returns its fixed IPv4 address.
func (b *building) waitActive(ctx context.Context, id string) (address string, err error) {
	err = b.poll(ctx, "start server "+id, waitLimit, func(ctx context.Context) (bool, string, error) {
		s, err := servers.Get(ctx, b.s.nova, id).Extract()
		if notFound(err) {
			return false, "", buildFailed(fmt.Sprintf("server %s is gone: somebody else deleted it", id), "")
		}
		if err != nil {
			return false, "", err
		}
		switch {
		case s.Status == "ERROR":
			return false, s.Status, failed(id, s.Fault)
		case isLeaving(*s):
			return false, s.Status, buildFailed(fmt.Sprintf("server %s is being deleted: somebody else did it", id), "")
		case s.Status != "ACTIVE":
			return false, "in status " + s.Status, nil
		}
		address, err = b.fixedAddress(ctx, s)
		return address != "", "ACTIVE, but without a fixed IPv4 address", err
	})
	return address, err
}

// failed tells a server's fault. Where many are built at once, Nova finds some
// over quota only after it has taken them.
func failed(id string, f servers.Fault) error {
	why := short(f.Message)
	if why == "" {
		why = "the cloud does not say why"
	}
	message := fmt.Sprintf("server %s is in status ERROR: %s", id, why)
	if quotaWords.MatchString(f.Message) {
		return quota(sentence(message))
	}
	return buildFailed(message, "Ask the cloud's operators, or choose another flavor.")
}

// nic is one entry of a server's addresses.
type nic struct {
	Version int    `json:"version"`
	Address string `json:"addr"`
	Type    string `json:"OS-EXT-IPS:type"`
}

// fixedAddress is the server's address on the plan's first network; "" when it has none yet.
func (b *building) fixedAddress(ctx context.Context, s *servers.Server) (string, error) {
	text, err := json.Marshal(s.Addresses)
	if err != nil {
		return "", err
	}
	var byNetwork map[string][]nic
	if err := json.Unmarshal(text, &byNetwork); err != nil {
		return "", fmt.Errorf("the addresses of server %s cannot be read: %w", s.ID, err)
	}
	names := make([]string, 0, len(byNetwork))
	for name := range byNetwork {
		names = append(names, name)
	}
	slices.Sort(names)
	if len(names) > 1 && len(b.host.Plan.Networks) > 0 {
		first := b.host.Plan.Networks[0]
		found, err := networks.Get(ctx, b.s.neutron, first).Extract()
		switch {
		case err == nil:
			first = found.Name
		case !isStatus(err, http.StatusNotFound, http.StatusBadRequest):
			return "", err
		}
		if slices.Contains(names, first) {
			names = []string{first}
		}
	}
	for _, name := range names {
		for _, n := range byNetwork[name] {
			if n.Version == 4 && n.Type != "floating" {
				return n.Address, nil
			}
		}
	}
	return "", nil
}
