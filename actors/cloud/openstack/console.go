package openstack

import (
	"context"
	"fmt"
	"net/http"

	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servers"

	"dockerdriver/actors/pool"
)

// Console returns the last lines of what the host's machine has written on its
// console. One that is not there, or of which the cloud keeps none, is missing.
// It waits for nobody: a build of the host may be under way.
func (c *Cloud) Console(ctx context.Context, host pool.Host, lines int) (text string, missing pool.ConsoleMissing, err error) {
	id := host.Cloud.ServerID
	if id == "" {
		return "", pool.ConsoleNotYet, nil
	}
	err = c.with(ctx, "", func(s *session) error {
		return c.retry(ctx, "read the console of server "+id, func(ctx context.Context) error {
			var err error
			text, missing, err = c.readConsole(ctx, s, host, lines)
			return err
		})
	})
	if err != nil {
		return "", "", fmt.Errorf("cannot read the console of host %s: %w", host.Name, err)
	}
	return text, missing, nil
}

// readConsole tells apart what Nova answers where there is none. That the machine
// is gone and that it has no console are the same to it.
func (c *Cloud) readConsole(ctx context.Context, s *session, host pool.Host, lines int) (string, pool.ConsoleMissing, error) {
	id := host.Cloud.ServerID
	there, err := servers.Get(ctx, s.nova, id).Extract()
	switch {
	case notFound(err):
		return "", pool.ConsoleGone, nil
	case err != nil:
		return "", "", err
	case !c.isOurs(there.Metadata, host):
		return "", "", foreign(serverThing(*there))
	case isLeaving(*there) && there.TaskState == "":
		return "", pool.ConsoleGone, nil
	}
	text, err := servers.ShowConsoleOutput(ctx, s.nova, id, servers.ShowConsoleOutputOpts{Length: lines}).Extract()
	switch {
	case isStatus(err, http.StatusConflict):
		return "", pool.ConsoleNotYet, nil
	case isStatus(err, http.StatusNotFound, http.StatusNotImplemented):
		return "", pool.ConsoleNone, nil
	case err != nil:
		return "", "", err
	case text == "":
		return "", pool.ConsoleNotYet, nil
	}
	return text, "", nil
}
