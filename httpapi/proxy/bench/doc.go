//go:build linux

// Command bench measures the proxy beside nginx, haproxy and
// configurable-http-proxy (CHP, what JupyterHub ships), and beside the bare
// backend over TLS: `make bench-proxy`.
//
// Figures are CPU seconds (user and system, of the whole process tree, from
// /proc), because they hold on a noisy machine where wall times do not. The
// contenders take turns within each round, in another order each time, and are
// compared by round: what disturbs one disturbs its neighbours too. An absolute
// figure says nothing about another day.
//
// Everything is on loopback: load, proxy and backend share the cores, so that
// a saturated proxy's wakes are as rare as they get. Our proxy is a process of
// its own (ours.go), as the others are, with a published table and sessions; it
// checks a cookie and an origin on the way, which its peers do not.
package main
