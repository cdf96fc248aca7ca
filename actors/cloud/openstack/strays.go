package openstack

import (
	"context"
	"slices"
	"time"

	"dockerdriver/actors/pool"
)

// Thing is an object in the cloud that carries this installation's mark.
type Thing struct {
	Kind      string // server, volume or security group
	ID        string
	Name      string
	HostID    string // as its mark says
	CreatedAt time.Time
}

// Things lists all that carries this installation's mark. It changes nothing.
func (c *Cloud) Things(ctx context.Context) ([]Thing, error) {
	var all []Thing
	err := c.with(ctx, "", func(s *session) error {
		for _, r := range []remover{serverRemover, volumeRemover, groupRemover} {
			var found []thing
			err := c.retry(ctx, "list what is in the cloud", func(ctx context.Context) error {
				var err error
				found, err = r.list(ctx, s, "")
				return err
			})
			if err != nil {
				return err
			}
			for _, t := range found {
				if t.mark[markInstallation] == c.config.Installation {
					all = append(all, Thing{Kind: t.kind, ID: t.id, Name: t.name, HostID: t.mark[markHost], CreatedAt: t.created})
				}
			}
		}
		return nil
	})
	return all, err
}

// Strays lists what carries this installation's mark and belongs to none of the
// hosts. It changes nothing.
func (c *Cloud) Strays(ctx context.Context, hosts []pool.Host) ([]Thing, error) {
	all, err := c.Things(ctx)
	known := make(map[string]bool, len(hosts))
	for _, h := range hosts {
		known[h.ID] = true
	}
	return slices.DeleteFunc(all, func(t Thing) bool { return known[t.HostID] }), err
}
