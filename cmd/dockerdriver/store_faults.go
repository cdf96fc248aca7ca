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
// soon as the tree's Nth write is durable. Only tests build this in.
func (s *server) store() actors.Store {
	n, err := strconv.ParseInt(os.Getenv("DOCKERDRIVER_DIE_AFTER"), 10, 64)
	if err != nil {
		return s.db
	}
	return &mortal{Store: s.db, after: n}
}

type mortal struct {
	actors.Store
	writes atomic.Int64
	after  int64
}

// Save stores, and dies when its time has come.
func (m *mortal) Save(ctx context.Context, changes pool.Changes) error {
	err := m.Store.Save(ctx, changes)
	if err == nil && m.writes.Add(1) == m.after {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // nothing after the write happens
	}
	return err
}
