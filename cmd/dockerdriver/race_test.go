//go:build race

package main

// raced tells that the race detector is in: emulated machines, which live in the
// test's own process, take five times as long with it.
const raced = true
