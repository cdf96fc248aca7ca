// Package dockertest gives tests a real Docker engine: the one that the developer has, or one of their own.
//
// An engine of our own (root on Linux, with Debian's docker.io) has its own data root, containerd, socket, process id file
// and bridge, all named after its folder under /tmp; iptables is off and ports published on 127.0.0.1 are served by
// docker-proxy, so that neither the machine's engine nor its firewall is touched. Containers with Init set need docker-init
// on the daemon's PATH: Debian's docker.io brings it as a link to tini-static of the package tini, on which it depends.
package dockertest
