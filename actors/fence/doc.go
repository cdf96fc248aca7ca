// Package fence proves that containers on a host are kept from what they must
// not reach, by trying: one container is the neighbour that listens on a published
// port, another tries to reach it, the engine and the cloud's metadata. Both run
// this very binary (package probe) with the hardening of every notebook.
//
// A probe that reaches nothing would pass where there is no network, no neighbour
// or no program. So it passes only if the neighbour answers us before and after,
// the report is whole and of this very run, the probe reached its own loopback
// listener, and the exit code says the same as the report.
package fence
