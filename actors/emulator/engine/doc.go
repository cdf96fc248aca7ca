// Package engine is an emulated Docker Engine: it speaks the Engine API (1.24 to 1.47) over HTTP on a unix socket or TCP, so
// that the official client, the docker command and plain HTTP cannot tell it from dockerd in what is emulated:
//
//	_ping, version, info, events
//	images: load, list, inspect, tag, remove
//	containers: create, start, inspect, list, logs, wait, stop, kill, remove
//
// The reference is dockerd 20.10.24; one suite of wire-level cases (wire_test.go) runs against both. The package imports
// nothing of the server that uses engines, so that it cannot share its misunderstandings.
//
// # Containers
//
// A container is a real process of the image's own files, in namespaces of its own (package shim): network, mounts,
// processes, IPC, host name; as root, or by a user namespace. Each published port is a listener on the host whose connections
// are handed into the container. A machine without namespaces gets plain processes in the host's network, told by PORT where
// to listen; Info then says so in its warnings. Only static Linux binaries of this machine's architecture run.
//
// Containers end with the emulator. Images and the records of containers stay in the state directory; what ran is then
// shown as exited (137).
//
// # What is not like dockerd
//
//   - The program is never process 1: the shim is, and does an init's work whether or not Init is set.
//   - The memory limit is checked every 200 ms against anonymous and shared memory; over it, the whole container is killed.
//     CPU, pids, block I/O and ulimits are accepted and shown, and not enforced; no seccomp, no AppArmor.
//   - A published port without HostIp is bound to 127.0.0.1, not to all addresses. TCP only.
//   - No way out of the container: its network is its loopback interface, on which it also has its address.
//   - Volumes, mounts, terminals, user-defined networks, log drivers other than json-file and containers of other users
//     without root are refused with 501 or 400 and say so; restart policies and health checks are kept, shown and without effect.
//   - No exec, attach, archive, stats, top, pause, rename, update, commit, build, pull, push, networks, volumes, swarm: 404.
//   - Events of networks and of pulls do not happen. SizeRw and GraphDriver data are empty.
//   - Image files are kept unpacked per image, not per layer: a tarball that leaves out a layer is refused even if another
//     image has that layer.
//
// # Faults on demand
//
// POST /_emulator/faults takes a Fault as JSON, GET lists them with how often each was met, DELETE ends them all;
// Engine.Inject is the same for Go.
package engine
