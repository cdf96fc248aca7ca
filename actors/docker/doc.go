// Package docker speaks to the Docker engines of hosts with Docker's official
// client, from API 1.41 (Docker 20.10, Debian's docker.io) up.
//
// # Which errors are permanent
//
// An error that holds a *pool.Error is the engine's considered answer: asking
// again changes nothing, a person has to. Its message carries the engine's own
// words. The codes:
//
//   - CodeImageMissing (Create, Tag): the image id is not on this engine; push it first.
//   - CodeCreateFailed (Create): the engine refused the configuration, or a
//     container of that name is not ours.
//   - CodeStartFailed (Start): no such program in the image, wrong processor
//     architecture, a limit that the kernel refuses, docker-init not installed.
//   - CodeContainerGone (Start, Logs): no such container.
//   - CodeImagePush (Load): the tarball is damaged or does not fit on the disk.
//
// Every other error is passing: the engine could not be reached, broke off, was
// shutting down, or the context ended. The same call may be made again; each is
// idempotent. Remove, List, Info, HasImage and Watch return passing errors only.
//
// # Mutual TLS
//
// An endpoint with a ServerName is dialled by its address over TLS, with what
// WithTLS gives for that name; the host's certificate must say it. With TLS 1.3 a
// host that refuses our certificate says so on the first read, after the
// handshake: the error is the same in words. All of these errors are passing, as
// certificates are rotated and clocks corrected while hosts live.
//
// # Containers
//
// Every container gets the same hardening, see hostConfig. One of ours is known
// by the label pb.installation; others are never listed, touched or reported.
// Containers run under docker-init (tini), so that signals reach them and
// orphans are reaped; Debian's docker.io has it from the package tini.
package docker
