package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/docker/go-units"

	"dockerdriver/actors/pool"
	"dockerdriver/cmd/dockerdriver/client"
	"dockerdriver/persistence"
)

type backupCommand struct {
	connection
	output
	File string `arg:"" optional:"" help:"Where to put it as well; without it, it is in the data directory's folder of backups."`
}

// Run is called by kong.
func (c *backupCommand) Run(p *program) error {
	made, err := c.make(p)
	if err != nil {
		return err
	}
	if c.File != "" {
		if err := persistence.CopyBackup(made.Value.Path, c.File); err != nil {
			return fmt.Errorf("the backup is %s, on the server's machine, and cannot be copied to %s: %w", made.Value.Path, c.File, err)
		}
		made.Value.Path = c.File
	}
	return c.print(p.out, made.Raw, backupHeader, backupRows([]client.Backup{made.Value}))
}

// make has the server that runs make it, or makes it where none runs.
func (c *backupCommand) make(p *program) (client.One[client.Backup], error) {
	cl, err := c.dial()
	if err == nil {
		made, err := cl.BackUp(p.ctx)
		if _, away := errors.AsType[*client.Unreachable](err); !away || c.Server != "" {
			if err != nil {
				err = advise("back up", err)
			}
			return made, err
		}
	}
	dir, found := dataDirOf(c.DataDir)
	if !found {
		return client.One[client.Backup]{}, fmt.Errorf("cannot back up: no server answers, and there is no database in %s. Name the data directory with --data-dir", dir)
	}
	return offline(p, dir)
}

// offline backs up a database that no server uses.
func offline(p *program, dir string) (made client.One[client.Backup], err error) {
	lock, err := persistence.LockDir(dir)
	if err != nil {
		return made, err
	}
	defer func() { err = errors.Join(err, lock.Release()) }()
	db, err := persistence.Open(p.ctx, filepath.Join(dir, persistence.FileName), persistence.Options{Log: newLogger(ServerOptions{Err: io.Discard})})
	if err != nil {
		return made, err
	}
	b, err := db.BackUp(p.ctx, time.Now())
	if err = errors.Join(err, db.Close()); err != nil {
		return made, err
	}
	return client.BackupOf(b.Path, b.At, b.Size)
}

// dataDirOf is the data directory that is meant: the named one, or the first of the
// usual ones that has a database.
func dataDirOf(named string) (dir string, found bool) {
	dirs := []string{systemDir, demoDir()}
	if named != "" {
		dirs = []string{named}
	}
	for _, dir := range dirs {
		if _, err := os.Stat(filepath.Join(dir, persistence.FileName)); err == nil {
			return dir, true
		}
	}
	return dirs[0], false
}

var backupHeader = row("MADE", "SIZE", "FILE", "FAULT")

func backupRows(items []client.Backup) []string {
	var rows []string
	for _, b := range items {
		rows = append(rows, row(localTime(b.At), units.HumanSize(float64(b.Size)), b.Path, b.Fault))
	}
	return rows
}

func backupsOf(all []pool.Backup) (items []client.Backup) {
	for _, b := range all {
		items = append(items, client.Backup{Path: b.Path, At: &b.At, Size: b.Size, Fault: b.Fault})
	}
	return items
}
