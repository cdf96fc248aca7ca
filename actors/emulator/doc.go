// Package emulator is the world outside the server, made here: for `demo` on a machine without a Docker engine, for
// `dockerdriver emulator` as a process of its own, against which a server can be killed and restarted, and for tests that
// need faults on demand. It is spoken to over the real wire protocols and imports nothing of the server.
//
// Emulated are Docker engines (package engine, whose documentation says what is like dockerd and what is not). Their limits
// in one line: static Linux binaries only, on Linux only, no volumes, no registry, no CPU limits, gone with the emulator.
//
// With Config.Cloud there is an OpenStack (package openstack) whose servers are engines: one that becomes ACTIVE gets an
// engine at its address of 127.0.0.0/8, port 2376, for the clients that its user-data trusts, as cloud-init and dockerd
// --tlsverify would have it. A machine can be struck (hang, cut off, power off) while the cloud goes on calling it ACTIVE.
//
// A program that starts an emulator calls engine.MaybeRunShim first in main: containers are this same binary, executed again.
package emulator
