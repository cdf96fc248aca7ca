package main

import (
	"cmp"
	"fmt"
	"runtime/debug"
)

type versionCommand struct{}

// Run is called by kong.
func (c *versionCommand) Run(p *program) error {
	fmt.Fprintln(p.out, version())
	return nil
}

// version tells the commit and its time, which the go command notes in the binary.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "dockerdriver, built without build information"
	}
	noted := map[string]string{}
	for _, s := range info.Settings {
		noted[s.Key] = s.Value
	}
	changed := ""
	if noted["vcs.modified"] == "true" {
		changed = " with changes"
	}
	return fmt.Sprintf("dockerdriver %s, commit %s%s of %s, %s", info.Main.Version,
		cmp.Or(noted["vcs.revision"], "unknown"), changed, cmp.Or(noted["vcs.time"], "unknown"), info.GoVersion)
}
