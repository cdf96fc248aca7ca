//go:build !faults

package main

import "dockerdriver/actors"

// store is what the tree keeps its records in.
func (s *server) store() actors.Store { return s.db }
