package docker

import (
	"context"
	"errors"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/client"

	"dockerdriver/actors/pool"
)

// maxWords bounds the engine's words in a message, in bytes.
const maxWords = 400

// permanent tells whether the engine has answered, and would answer the same again.
func permanent(err error) bool {
	switch {
	case err == nil, client.IsErrConnectionFailed(err),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded),
		errdefs.IsUnavailable(err), errdefs.IsResourceExhausted(err):
		return false
	case errdefs.IsInternal(err):
		return !passing(err.Error())
	}
	return errdefs.IsInvalidArgument(err) || errdefs.IsNotFound(err) || errdefs.IsConflict(err) ||
		errdefs.IsPermissionDenied(err) || errdefs.IsUnauthorized(err) || errdefs.IsNotImplemented(err)
}

// passing knows the internal errors (500) with which engines tell of their own
// restarts, of a lost containerd, and of clients that have hung up.
func passing(text string) bool {
	for _, sign := range []string{
		"context canceled", "context deadline exceeded", "ttrpc: closed", "transport is closing",
		"connection refused", "connection error", "shutting down", "code = Unavailable", "device or resource busy",
	} {
		if strings.Contains(text, sign) {
			return true
		}
	}
	return false
}

// words returns what the engine said: one line of at most maxWords bytes that
// ends without a full stop.
func words(text string) string {
	text = strings.TrimPrefix(text, "Error response from daemon: ")
	text = strings.Join(strings.Fields(plain(text)), " ")
	if len(text) > maxWords {
		text = strings.ToValidUTF8(text[:maxWords], "") + "…"
	}
	return strings.TrimRight(text, ". ")
}

// hints say what a person can do about an engine's words; the first that fits counts.
var hints = []struct{ sign, hint string }{
	{"docker-init", "Install docker-init on the host (on Debian: apt-get install tini) and launch again."},
	{"exec format error", "The image was made for another processor architecture: build it for the host's."},
	{"Exec format error", "The image was made for another processor architecture: build it for the host's."},
	{"executable file not found", "The image has no such program: correct the launch command of the blueprint, or leave it empty."},
	{"no such file or directory", "The image has no such program: correct the launch command of the blueprint, or leave it empty."},
	{"No such file or directory", "The image has no such program: correct the launch command of the blueprint, or leave it empty."},
	{"ermission denied", "The program in the image may not be executed: correct the launch command of the blueprint, or the image."},
	{"No command specified", "The image names no program to start: give the blueprint a launch command."},
	{"Range of CPUs", "Lower the CPU limit of the blueprint."},
	{"emory limit", "Correct the memory limit of the blueprint."},
	{"port is already allocated", "Launch again; if it fails again, tell an administrator: the host has no free port."},
	{"address already in use", "Launch again; if it fails again, tell an administrator: the host has no free port."},
	{"no space left on device", "Tell an administrator that the host's disk is full."},
	{"nexpected EOF", "The image file ends too early: copy it into the image directory again."},
}

func hintFor(text, otherwise string) string {
	for _, h := range hints {
		if strings.Contains(text, h.sign) {
			return h.hint
		}
	}
	return otherwise
}

// refuse makes the error that a person reads: what could not be done, the
// engine's words, and what to do.
func refuse(code pool.Code, what string, err error, otherwise string) *pool.Error {
	return pool.Refuse(code, what+": "+words(err.Error())+".", hintFor(err.Error(), otherwise))
}
