package openstack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/gophercloud/gophercloud/v2/openstack/blockstorage/v3/volumes"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servers"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/security/groups"

	"dockerdriver/actors/pool"
)

const (
	// goneLimit bounds the wait for one kind of thing to be gone; whoever called tries again.
	goneLimit = 10 * time.Minute
	// deleteAgain is how often a delete that was accepted is repeated while the
	// thing stays: clouds forget some.
	deleteAgain = 15 * time.Second
)

const statusSoftDeleted = "SOFT_DELETED"

// remover is how things of a kind are looked up and deleted.
type remover struct {
	list   func(ctx context.Context, s *session, name string) ([]thing, error)
	get    func(ctx context.Context, s *session, id string) (t thing, state string, err error)
	delete func(ctx context.Context, s *session, id, state string) error
	// busy are the refusals that mean: in use still.
	busy []int
}

// Release removes the host's servers, volumes and security groups, in that
// order, each found by the recorded id and by name, and returns once the cloud
// knows none of them. What does not carry the host's mark is left alone; under
// a recorded id that is an error. An error names what is left, by id.
func (c *Cloud) Release(ctx context.Context, host pool.Host) error {
	err := c.with(ctx, host.Name, func(s *session) error {
		for _, step := range []struct {
			remover
			ids, names []string
		}{
			{serverRemover, []string{host.Cloud.ServerID}, []string{host.Name}},
			{volumeRemover, host.Cloud.VolumeIDs, []string{host.Name + rootSuffix, host.Name + dataSuffix}},
			{groupRemover, []string{host.Cloud.SecurityGroupID}, []string{host.Name}},
		} {
			if err := c.removeAll(ctx, s, host, step.remover, step.ids, step.names); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("cannot release host %s: %w", host.Name, err)
	}
	return nil
}

func (c *Cloud) removeAll(ctx context.Context, s *session, host pool.Host, r remover, ids, names []string) error {
	var doomed []thing
	for _, name := range names {
		err := c.retry(ctx, "look for "+name, func(ctx context.Context) error {
			all, err := r.list(ctx, s, name)
			for _, t := range all {
				if c.isOurs(t.mark, host) {
					doomed = append(doomed, t)
				}
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	for _, id := range ids {
		if id == "" || slices.ContainsFunc(doomed, func(t thing) bool { return t.id == id }) {
			continue
		}
		err := c.retry(ctx, "look for "+id, func(ctx context.Context) error {
			t, _, err := r.get(ctx, s, id)
			switch {
			case notFound(err):
				return nil
			case err != nil:
				return err
			case !c.isOurs(t.mark, host):
				return foreign(t)
			}
			doomed = append(doomed, t)
			return nil
		})
		if err != nil {
			return err
		}
	}
	var left []error
	for _, t := range doomed {
		if err := c.remove(ctx, s, r, t); err != nil {
			left = append(left, err)
		}
	}
	return errors.Join(left...)
}

// remove deletes the thing, again and again while it is busy or stays, until
// the cloud does not know it.
func (c *Cloud) remove(ctx context.Context, s *session, r remover, t thing) error {
	var again time.Time
	var why string
	return c.poll(ctx, "remove "+t.String(), goneLimit, func(ctx context.Context) (bool, string, error) {
		_, state, err := r.get(ctx, s, t.id)
		if notFound(err) {
			return true, "", nil
		}
		if err != nil {
			return false, "", err
		}
		if now := time.Now(); now.After(again) {
			err := r.delete(ctx, s, t.id, state)
			switch {
			case err == nil:
				again, why = now.Add(deleteAgain), ""
			case notFound(err):
				return true, "", nil
			case isStatus(err, r.busy...):
				why = ": " + inWords("remove it", err).Error()
			default:
				return false, "", err
			}
		}
		return false, "there, " + state + why, nil
	})
}

func things[T any](all []T, err error, as func(T) thing) ([]thing, error) {
	found := make([]thing, 0, len(all))
	for _, one := range all {
		found = append(found, as(one))
	}
	return found, err
}

var serverRemover = remover{
	list: func(ctx context.Context, s *session, name string) ([]thing, error) {
		all, err := listServers(ctx, s, name)
		return things(all, err, serverThing)
	},
	get: func(ctx context.Context, s *session, id string) (thing, string, error) {
		one, err := servers.Get(ctx, s.nova, id).Extract()
		if err != nil {
			return thing{}, "", err
		}
		return serverThing(*one), "in status " + one.Status, nil
	},
	delete: func(ctx context.Context, s *session, id, state string) error {
		if state == "in status "+statusSoftDeleted {
			return servers.ForceDelete(ctx, s.nova, id).ExtractErr()
		}
		return servers.Delete(ctx, s.nova, id).ExtractErr()
	},
	busy: []int{http.StatusConflict},
}

var volumeRemover = remover{
	list: func(ctx context.Context, s *session, name string) ([]thing, error) {
		all, err := listVolumes(ctx, s, name)
		return things(all, err, volumeThing)
	},
	get: func(ctx context.Context, s *session, id string) (thing, string, error) {
		one, err := volumes.Get(ctx, s.cinder, id).Extract()
		if err != nil {
			return thing{}, "", err
		}
		return volumeThing(*one), "in status " + one.Status, nil
	},
	delete: func(ctx context.Context, s *session, id, _ string) error {
		return volumes.Delete(ctx, s.cinder, id, nil).ExtractErr()
	},
	busy: []int{http.StatusBadRequest, http.StatusConflict},
}

var groupRemover = remover{
	list: func(ctx context.Context, s *session, name string) ([]thing, error) {
		all, err := listGroups(ctx, s, name)
		return things(all, err, groupThing)
	},
	get: func(ctx context.Context, s *session, id string) (thing, string, error) {
		one, err := groups.Get(ctx, s.neutron, id).Extract()
		if err != nil {
			return thing{}, "", err
		}
		return groupThing(*one), "not deleted", nil
	},
	delete: func(ctx context.Context, s *session, id, _ string) error {
		return groups.Delete(ctx, s.neutron, id).ExtractErr()
	},
	busy: []int{http.StatusConflict},
}
