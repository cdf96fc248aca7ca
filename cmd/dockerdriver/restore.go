package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"dockerdriver/cmd/dockerdriver/client"
	"dockerdriver/persistence"
)

type restoreCommand struct {
	output
	DataDir string `placeholder:"DIR" help:"The server's data directory (default: ${system_dir}, then the demo's)."`
	List    bool   `env:"-" help:"Only list what can be restored, newest first."`
	File    string `arg:"" optional:"" help:"The backup; without it the last one that is whole."`
}

// Validate is called by kong.
func (c *restoreCommand) Validate() error {
	if c.List && c.File != "" {
		return errors.New("--list lists the backups of a data directory: leave out the file")
	}
	return nil
}

// Run is called by kong.
func (c *restoreCommand) Run(p *program) (err error) {
	dir, found := dataDirOf(c.DataDir)
	if c.DataDir == "" && !found {
		return fmt.Errorf("cannot restore: there is no database in %s or %s. Name the data directory with --data-dir", systemDir, demoDir())
	}
	if c.List {
		return c.list(p, dir)
	}
	lock, err := persistence.LockDir(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Release()) }()
	done, err := persistence.Restore(p.ctx, dir, c.File, time.Now())
	if err != nil {
		return err
	}
	fmt.Fprintf(p.err, "The database of %s is as it was at %s.\n", dir, localTime(&done.From.At))
	if done.Kept != "" {
		fmt.Fprintf(p.err, "What was there is kept as %s; remove it when it is of no more use.\n", done.Kept)
	}
	fmt.Fprintln(p.err, "When the server starts: notebooks that were launched since then are not known, and their containers are removed;\n"+
		"notebooks that ended since then are told as gone; hosts that were made since then are released after half an hour.")
	return c.show(p, []client.Backup{{Path: done.From.Path, At: &done.From.At, Size: done.From.Size}})
}

func (c *restoreCommand) list(p *program, dir string) error {
	all, err := persistence.Backups(dir)
	if err != nil {
		return err
	}
	return c.show(p, backupsOf(all))
}

func (c *restoreCommand) show(p *program, items []client.Backup) error {
	raw, err := json.Marshal(map[string]any{"items": append([]client.Backup{}, items...)})
	if err != nil {
		return err
	}
	return c.print(p.out, raw, backupHeader, backupRows(items))
}
