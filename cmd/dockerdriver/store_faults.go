//go:build faults

package main

import (
	"context"
	"os"
	"strconv"
	"sync/atomic"
	"syscall"

	"dockerdriver/actors"
	"dockerdriver/actors/pool"
)

// store is the database; with DOCKERDRIVER_DIE_AFTER=N the process is killed as
// soon as the tree's Nth write is durable, with DOCKERDRIVER_DIE_BEFORE=N before
// anything of it is. Only tests build this in.
func (s *server) store() actors.Store {
	m := &mortal{Store: s.db}
	for name, when := range map[string]*int64{"DOCKERDRIVER_DIE_AFTER": &m.after, "DOCKERDRIVER_DIE_BEFORE": &m.before} {
		*when, _ = strconv.ParseInt(os.Getenv(name), 10, 64) // not set: 0, never
	}
	return m
}

type mortal struct {
	actors.Store
	begun, written atomic.Int64
	after, before  int64
}

// Save stores, and dies when its time has come.
func (m *mortal) Save(ctx context.Context, changes pool.Changes) error {
	if m.begun.Add(1) == m.before {
		die()
	}
	err := m.Store.Save(ctx, changes)
	if err == nil && m.written.Add(1) == m.after {
		die()
	}
	return err
}

func die() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // nothing comes after it
}
