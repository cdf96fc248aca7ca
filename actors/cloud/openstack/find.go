package openstack

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/gophercloud/gophercloud/v2/openstack/blockstorage/v3/volumes"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servers"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/security/groups"

	"dockerdriver/actors/pool"
)

// thing is one object of the cloud, as far as ownership goes.
type thing struct {
	kind, id, name string
	mark           map[string]string
	created        time.Time
}

func (t thing) String() string { return fmt.Sprintf("%s %s (%s)", t.kind, t.name, t.id) }

func serverThing(s servers.Server) thing {
	return thing{pool.ThingServer, s.ID, s.Name, s.Metadata, s.Created}
}

func volumeThing(v volumes.Volume) thing {
	return thing{pool.ThingVolume, v.ID, v.Name, v.Metadata, v.CreatedAt}
}

func groupThing(g groups.SecGroup) thing {
	return thing{pool.ThingGroup, g.ID, g.Name, readDescription(g.Description), g.CreatedAt}
}

func listServers(ctx context.Context, s *session, name string) ([]servers.Server, error) {
	opts := servers.ListOpts{}
	if name != "" {
		opts.Name = "^" + regexp.QuoteMeta(name) + "$" // Nova takes it for a regular expression
	}
	pages, err := servers.List(s.nova, opts).AllPages(ctx)
	if err != nil {
		return nil, err
	}
	all, err := servers.ExtractServers(pages)
	return slices.DeleteFunc(all, func(s servers.Server) bool { return name != "" && s.Name != name }), err
}

func listVolumes(ctx context.Context, s *session, name string) ([]volumes.Volume, error) {
	pages, err := volumes.List(s.cinder, volumes.ListOpts{Name: name}).AllPages(ctx)
	if err != nil {
		return nil, err
	}
	all, err := volumes.ExtractVolumes(pages)
	return slices.DeleteFunc(all, func(v volumes.Volume) bool { return name != "" && v.Name != name }), err
}

// listGroups lists the project's own: an administrator sees all projects'.
func listGroups(ctx context.Context, s *session, name string) ([]groups.SecGroup, error) {
	pages, err := groups.List(s.neutron, groups.ListOpts{Name: name, ProjectID: s.project}).AllPages(ctx)
	if err != nil {
		return nil, err
	}
	all, err := groups.ExtractGroups(pages)
	return slices.DeleteFunc(all, func(g groups.SecGroup) bool { return name != "" && g.Name != name }), err
}

// oldest returns the first made of those that are ours. Where there is none, a
// thing of the name that is not ours is an error. More than one of ours come
// from an answer that was lost for long; release removes them all.
func oldest[T any](all []T, as func(T) thing, ours func(mark map[string]string) bool) (*T, error) {
	slices.SortStableFunc(all, func(a, b T) int {
		return cmp.Or(as(a).created.Compare(as(b).created), cmp.Compare(as(a).id, as(b).id))
	})
	for i := range all {
		if ours(as(all[i]).mark) {
			return &all[i], nil
		}
	}
	if len(all) > 0 {
		return nil, foreignName(as(all[0]))
	}
	return nil, nil
}
