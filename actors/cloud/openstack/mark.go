package openstack

import (
	"fmt"
	"strings"

	"dockerdriver/actors/pool"
)

// Keys of the mark, in the metadata of servers and volumes. Security groups
// have no metadata; their description says the same.
const (
	markInstallation = "pb_installation"
	markHost         = "pb_host"
)

func (c *Cloud) mark(host pool.Host) map[string]string {
	return map[string]string{markInstallation: c.config.Installation, markHost: host.ID}
}

func description(mark map[string]string) string {
	return fmt.Sprintf("%s=%s %s=%s", markInstallation, mark[markInstallation], markHost, mark[markHost])
}

// readDescription is the inverse of description; of other texts it returns what they have of it.
func readDescription(text string) map[string]string {
	mark := map[string]string{}
	for word := range strings.FieldsSeq(text) {
		if key, value, ok := strings.Cut(word, "="); ok && (key == markInstallation || key == markHost) {
			mark[key] = value
		}
	}
	return mark
}

// isOurs tells whether the mark says this installation and this host.
func (c *Cloud) isOurs(mark map[string]string, host pool.Host) bool {
	return mark[markInstallation] == c.config.Installation && mark[markHost] == host.ID
}

// foreignName ends a build: a host of that name cannot be made.
func foreignName(what thing) error { return buildFailed(foreign(what).Error(), "") }

// foreign is the refusal to touch a thing of our name without our mark.
func foreign(what thing) error {
	return fmt.Errorf("%s is there without the mark of this installation and host, so it is not touched: rename or remove it by hand", what)
}
