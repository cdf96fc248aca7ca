// Package pool is the domain of DockerDriver: what a host, an instance, an
// image, a blueprint and a user are, which states they pass through, and what
// can be wrong with them. It imports the standard library only, does no I/O and
// starts no goroutine, so every other room may speak its words.
//
// Values of this package are passed between actors and published in a View.
// They are treated as immutable: whoever wants another value makes a copy.
package pool
