package openstack

import (
	"context"

	"dockerdriver/actors/pool"
)

// Things lists all that carries this installation's mark. It changes nothing.
// It costs one call for each page of the project's servers, volumes and groups.
func (c *Cloud) Things(ctx context.Context) ([]pool.Thing, error) {
	var all []pool.Thing
	err := c.with(ctx, "", func(s *session) error {
		all = nil
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
					all = append(all, pool.Thing{Kind: t.kind, ID: t.id, Name: t.name, HostID: t.mark[markHost], CreatedAt: t.created})
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}
