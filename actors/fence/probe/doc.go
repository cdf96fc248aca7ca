// Package probe is the part of the fence's probe that runs in containers, from
// this very binary: a neighbour that listens, and a program that tries to reach
// what containers must not reach.
package probe
