// Package shim runs one emulated container: this same binary, executed again as the first process of namespaces of its own.
//
// The engine's side is Start and Process; the container's side is Run, which main calls before anything else. Between them
// is one packet socket: the engine asks for signals and connections, the shim tells of start and exit. A connection into
// the container is dialled by the shim, inside its network namespace, and handed over as a file descriptor, so that its
// bytes never pass the shim. When the engine's end of the socket closes, however the engine died, the shim exits, and the
// kernel ends every process of the container with it.
package shim
