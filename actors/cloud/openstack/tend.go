package openstack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/gophercloud/gophercloud/v2/openstack/blockstorage/v3/volumes"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servers"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/volumeattach"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/security/groups"

	"dockerdriver/actors/pool"
)

// Tend looks at the server and the security group of a host that is built, and
// puts right what somebody has changed by hand: a server that was stopped, paused
// or suspended is started, a volume that was detached is attached, the group's
// rules are as they were made. It makes no server, volume or group. A server or a
// volume that cannot be had back is *pool.Error with CodeHostLost.
//
// Where nothing is wrong it costs two calls (the server, the group), and one more
// the first time after a start, for the master group's id.
func (c *Cloud) Tend(ctx context.Context, host pool.Host) error {
	err := c.with(ctx, host.Name, func(s *session) error {
		b := &building{Cloud: c, s: s, host: host, noted: host.Cloud}
		server, err := b.tendServer(ctx)
		if err != nil {
			return err
		}
		detached := b.tendVolumes(ctx, server)
		if pool.CodeOf(detached) == pool.CodeHostLost {
			return detached
		}
		// After the volumes: the machine boots with them, and Nova attaches none to
		// one that is starting. A suspended one takes none before it runs.
		return errors.Join(detached, b.restart(ctx, server), b.tendGroup(ctx))
	})
	if err != nil {
		return fmt.Errorf("cannot tend host %s: %w", host.Name, err)
	}
	return nil
}

// lostHost tells that a host is lost. What was made of it is released by name and id.
func lostHost(format string, values ...any) error {
	return pool.Refuse(pool.CodeHostLost, fmt.Sprintf(format, values...), "")
}

// restarts are the ways back from what a person does to a server for a while.
var restarts = map[string]func(context.Context, *session, string) error{
	"SHUTOFF": func(ctx context.Context, s *session, id string) error {
		return servers.Start(ctx, s.nova, id).ExtractErr()
	},
	"PAUSED": func(ctx context.Context, s *session, id string) error {
		return servers.Unpause(ctx, s.nova, id).ExtractErr()
	},
	"SUSPENDED": func(ctx context.Context, s *session, id string) error {
		return servers.Resume(ctx, s.nova, id).ExtractErr()
	},
}

// tendServer finds the server, and says why it is lost if it is.
func (b *building) tendServer(ctx context.Context) (*servers.Server, error) {
	id := b.host.Cloud.ServerID
	if id == "" {
		return nil, lostHost("No machine of it is recorded.")
	}
	var server *servers.Server
	err := b.retry(ctx, "look at server "+id, func(ctx context.Context) error {
		var err error
		server, err = servers.Get(ctx, b.s.nova, id).Extract()
		return err
	})
	switch {
	case notFound(err):
		return nil, lostHost("Its machine %s is gone from the cloud.", id)
	case err != nil:
		return nil, err
	case isLeaving(*server):
		return nil, lostHost("Its machine %s is being deleted from the cloud.", id)
	case !b.ours(server.Metadata):
		return nil, lostHost("Its machine %s no longer carries our mark.", id)
	case server.Status == "ERROR":
		why := short(server.Fault.Message)
		if why == "" {
			why = "the cloud does not say why"
		}
		return nil, lostHost("%s", sentence(fmt.Sprintf("its machine %s is in status ERROR: %s", id, why)))
	case server.Status == "SHELVED" || server.Status == "SHELVED_OFFLOADED":
		return nil, lostHost("Its machine %s was shelved by hand.", id)
	}
	return server, nil
}

func (b *building) tendVolumes(ctx context.Context, server *servers.Server) error {
	for _, id := range b.host.Cloud.VolumeIDs {
		if slices.Contains(server.AttachedVolumes, servers.AttachedVolume{ID: id}) {
			continue
		}
		if err := b.attach(ctx, server, id); err != nil {
			return err
		}
	}
	return nil
}

func (b *building) restart(ctx context.Context, server *servers.Server) error {
	restart, stopped := restarts[server.Status]
	if !stopped || server.TaskState != "" {
		return nil // it runs, or is on its way
	}
	b.log.Warn().Str("host", b.host.Name).Str("server", server.ID).Str("status", server.Status).Msg("machine was stopped by hand; it is started")
	return b.retry(ctx, fmt.Sprintf("start server %s, which is in status %s", server.ID, server.Status), func(ctx context.Context) error {
		if err := restart(ctx, b.s, server.ID); !isStatus(err, http.StatusConflict) {
			return err
		}
		return nil // an earlier try started it, or somebody does something with it right now
	})
}

// attach puts a volume back that the server does not have.
func (b *building) attach(ctx context.Context, server *servers.Server, id string) error {
	return b.retry(ctx, "attach volume "+id, func(ctx context.Context) error {
		volume, err := volumes.Get(ctx, b.s.cinder, id).Extract()
		if notFound(err) {
			return lostHost("Its volume %s is gone from the cloud.", id)
		}
		if err != nil {
			return err
		}
		if slices.ContainsFunc(volume.Attachments, func(a volumes.Attachment) bool { return a.ServerID == server.ID }) {
			return nil // an earlier try did it
		}
		return b.attachVolume(ctx, server, volume)
	})
}

func (b *building) attachVolume(ctx context.Context, server *servers.Server, volume *volumes.Volume) error {
	id := volume.ID
	switch {
	case !b.ours(volume.Metadata):
		return lostHost("Its volume %s no longer carries our mark.", id)
	case volume.Status == "error" || volume.Status == "deleting" || volume.Status == "error_deleting":
		return lostHost("Its volume %s was detached by hand and is in status %s.", id, volume.Status)
	case volume.Status != "available":
		return fmt.Errorf("its volume %s is not attached to its machine, and in status %s", id, volume.Status)
	}
	b.log.Warn().Str("host", b.host.Name).Str("volume", id).Msg("volume was detached by hand; it is attached")
	_, err := volumeattach.Create(ctx, b.s.nova, server.ID, volumeattach.CreateOpts{VolumeID: id}).Extract()
	return err
}

func (b *building) tendGroup(ctx context.Context) error {
	id := b.host.Cloud.SecurityGroupID
	var group *groups.SecGroup
	err := b.retry(ctx, "look at security group "+id, func(ctx context.Context) error {
		var err error
		group, err = groups.Get(ctx, b.s.neutron, id).Extract()
		return err
	})
	switch {
	case notFound(err):
		return lostHost("Its security group %s is gone from the cloud, so nothing keeps others from it.", id)
	case err != nil:
		return err
	case !b.ours(groupThing(*group).mark):
		return foreign(groupThing(*group))
	}
	return b.ensureRules(ctx, group)
}
