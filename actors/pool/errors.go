package pool

import "errors"

// Code names a kind of refusal or failure. Codes are stable: clients, scripts
// and the web UI branch on them, never on the words.
type Code string

// Codes of refusals. The HTTP status of each stands in httpapi's one table.
const (
	CodeInvalid          Code = "INVALID"
	CodeNotFound         Code = "NOT_FOUND"
	CodeForbidden        Code = "FORBIDDEN"
	CodeUnauthenticated  Code = "UNAUTHENTICATED"
	CodeConflict         Code = "CONFLICT"
	CodeEditConflict     Code = "EDIT_CONFLICT"
	CodeInstanceLimit    Code = "BLUEPRINT_INSTANCE_LIMIT_REACHED"
	CodeBlueprintOff     Code = "BLUEPRINT_NOT_ACTIVE"
	CodeBlueprintInUse   Code = "BLUEPRINT_IN_USE"
	CodePluginOff        Code = "PLUGIN_NOT_ENABLED"
	CodeImageMissing     Code = "IMAGE_MISSING"
	CodeTooLarge         Code = "INSTANCE_TOO_LARGE"
	CodeAnnouncements    Code = "ANNOUNCEMENT_LIMIT_REACHED"
	CodeShutdownMode     Code = "SHUTDOWN_MODE"
	CodeNotRunning       Code = "INSTANCE_NOT_RUNNING"
	CodeTicketInvalid    Code = "TICKET_INVALID"
	CodeRateLimited      Code = "RATE_LIMITED"
	CodeUnavailable      Code = "UNAVAILABLE"
	CodeDiskFull         Code = "DISK_FULL" // the server's own
	CodeInternal         Code = "INTERNAL"
	CodeImagePush        Code = "IMAGE_PUSH_FAILED"
	CodeImageInUse       Code = "IMAGE_IN_USE"
	CodeNoRoom           Code = "NO_ROOM" // on a host's disk
	CodeCreateFailed     Code = "CONTAINER_CREATE_FAILED"
	CodeStartFailed      Code = "CONTAINER_START_FAILED"
	CodeExitedAtStart    Code = "CONTAINER_EXITED_AT_START"
	CodeNotAnswering     Code = "NOTEBOOK_NOT_ANSWERING"
	CodeExited           Code = "CONTAINER_EXITED"
	CodeOutOfMemory      Code = "OUT_OF_MEMORY"
	CodeContainerGone    Code = "CONTAINER_GONE"
	CodeHostLost         Code = "HOST_LOST"
	CodeQuota            Code = "CLOUD_QUOTA_EXCEEDED"
	CodeBuildFailed      Code = "HOST_BUILD_FAILED"
	CodeNotFenced        Code = "HOST_NOT_FENCED"
	CodeTooManyRestarts  Code = "ACTOR_SET_ASIDE"
	CodePasswordMismatch Code = "WRONG_PASSWORD"
)

// Error is a refusal or a failure that a person reads: what could not be done
// and, where there is something to do, what to do about it.
type Error struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
	// Field is the offending input in dotted form ("config.memory_limit"), if one is.
	Field string `json:"field,omitempty"`
}

// Error returns the message and the hint as one sentence each.
func (e *Error) Error() string {
	if e.Hint == "" {
		return e.Message
	}
	return e.Message + " " + e.Hint
}

// Refuse makes an Error without a field.
func Refuse(code Code, message, hint string) *Error {
	return &Error{Code: code, Message: message, Hint: hint}
}

// Invalid makes the Error for one input field.
func Invalid(field, message, hint string) *Error {
	return &Error{Code: CodeInvalid, Message: message, Hint: hint, Field: field}
}

// CodeOf returns the code of err, or CodeInternal for an error that is not an
// *Error: such errors are logged in full and shown blandly.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}

func asError(err error) (*Error, bool) { return errors.AsType[*Error](err) }
