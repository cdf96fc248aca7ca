package main

import (
	"encoding/json"
	"fmt"
	"runtime/debug"
)

type versionCommand struct{ output }

// Run is called by kong.
func (c *versionCommand) Run(p *program) error {
	if c.Output != "json" {
		_, err := fmt.Fprintln(p.out, version())
		return err
	}
	text, err := json.Marshal(builtFrom())
	if err != nil {
		return err
	}
	return c.print(p.out, text, "", nil)
}

// build is what the go command notes in the binary. Without version control
// (-buildvcs=false) commit and time are empty.
type build struct {
	Version  string `json:"version"`
	Commit   string `json:"commit"`
	Modified bool   `json:"modified"`
	Time     string `json:"time"`
	Go       string `json:"go"`
}

func builtFrom() build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return build{}
	}
	noted := map[string]string{}
	for _, s := range info.Settings {
		noted[s.Key] = s.Value
	}
	return build{
		Version: info.Main.Version, Commit: noted["vcs.revision"], Modified: noted["vcs.modified"] == "true",
		Time: noted["vcs.time"], Go: info.GoVersion,
	}
}

// version is the same in one line, as the pool page shows it.
func version() string {
	b := builtFrom()
	line := "dockerdriver " + b.Version
	if b.Commit != "" {
		line += fmt.Sprintf(", commit %s of %s", b.Commit, b.Time)
	}
	if b.Modified {
		line += " with changes"
	}
	return line + ", " + b.Go
}
