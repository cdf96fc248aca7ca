package httpapi

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// route is one row of the table: the only way a handler gets in front of clients.
type route struct {
	Method, Path string
	Access       access
	Status       int    // of success
	Operation    string // OpenAPI operation id; empty for a row that is not part of the API document
	Summary      string
	mount        func(*server, route)
}

const (
	get    = http.MethodGet
	post   = http.MethodPost
	put    = http.MethodPut
	patch  = http.MethodPatch
	remove = http.MethodDelete
)

// routes is everything that this server answers besides the web UI's files.
func (s *server) routes() []route {
	return slices.Concat(s.peopleRoutes(), s.notebookRoutes(), s.poolRoutes(), []route{
		{get, "/api/v1/openapi.json", open, 200, "", "This API's OpenAPI 3.1 document", page(s.openAPI)},
		{get, "/open", open, 303, "", "A browser's way into a notebook", page(s.openNotebook)},
	})
}

func (s *server) peopleRoutes() []route {
	return []route{
		{post, "/api/v1/sessions", open, 201, "login", "Log in", call(s.login)},
		{remove, "/api/v1/sessions/current", user, 204, "logout", "Log out", call(s.logout)},
		{get, "/api/v1/me", user, 200, "getMe", "Who is logged in", call(s.getMe)},

		{get, "/api/v1/tokens", user, 200, "listTokens", "The caller's bearer tokens", call(s.listTokens)},
		{post, "/api/v1/tokens", user, 201, "createToken", "Make a bearer token", call(s.createToken)},
		{remove, "/api/v1/tokens/{id}", user, 204, "deleteToken", "Revoke a bearer token", call(s.deleteToken)},

		{get, "/api/v1/users", admin, 200, "listUsers", "All users", call(s.listUsers)},
		{post, "/api/v1/users", admin, 201, "createUser", "Add a user", call(s.createUser)},
		{patch, "/api/v1/users/{id}", admin, 200, "updateUser", "Change, block or unblock a user", call(s.updateUser)},
		{remove, "/api/v1/users/{id}", admin, 204, "deleteUser", "Delete a user and end their instances", call(s.deleteUser)},
	}
}

func (s *server) notebookRoutes() []route {
	return []route{
		{get, "/api/v1/plugins", admin, 200, "listPlugins", "Drivers that blueprints can be made for", call(s.listPlugins)},
		{get, "/api/v1/blueprints", user, 200, "listBlueprints", "Blueprints; for users the active ones", call(s.listBlueprints)},
		{post, "/api/v1/blueprints", admin, 201, "createBlueprint", "Create a blueprint", call(s.createBlueprint)},
		{get, "/api/v1/blueprints/{id}", user, 200, "getBlueprint", "One blueprint", call(s.getBlueprint)},
		{put, "/api/v1/blueprints/{id}", admin, 200, "updateBlueprint", "Change a blueprint", call(s.updateBlueprint)},
		{remove, "/api/v1/blueprints/{id}", admin, 204, "deleteBlueprint", "Delete a blueprint", call(s.deleteBlueprint)},
		{post, "/api/v1/blueprints/{id}/activate", admin, 200, "activateBlueprint", "Let users launch it", call(s.activateBlueprint)},
		{post, "/api/v1/blueprints/{id}/deactivate", admin, 200, "deactivateBlueprint", "Stop new launches of it", call(s.deactivateBlueprint)},

		{get, "/api/v1/announcements", user, 200, "listAnnouncements", "What everybody is told now or will be; for admins with all=true also what is over", call(s.listAnnouncements)},
		{post, "/api/v1/announcements", admin, 201, "createAnnouncement", "Announce something to everybody who uses the web UI", call(s.createAnnouncement)},
		{put, "/api/v1/announcements/{id}", admin, 200, "updateAnnouncement", "Change an announcement", call(s.updateAnnouncement)},
		{remove, "/api/v1/announcements/{id}", admin, 204, "removeAnnouncement", "Take an announcement away", call(s.removeAnnouncement)},

		{get, "/api/v1/instances", user, 200, "listInstances", "The caller's instances; for admins with all=true everyone's", call(s.listInstances)},
		{post, "/api/v1/instances", user, 202, "launchInstance", "Launch an instance", call(s.launchInstance)},
		{get, "/api/v1/instances/{id}", user, 200, "getInstance", "One instance", call(s.getInstance)},
		{remove, "/api/v1/instances/{id}", user, 202, "endInstance", "Destroy an instance, or dismiss a failed one", call(s.endInstance)},
		{post, "/api/v1/instances/{id}/extend", user, 200, "extendInstance", "Begin the lifetime of a running instance anew, as far as its blueprint's maximum_extension allows", call(s.extendInstance)},
		{post, "/api/v1/instances/{id}/open", user, 200, "openInstance", "Make a single-use address that lets into the notebook", call(s.openInstance)},
		{get, "/api/v1/instances/{id}/logs", user, 200, "getInstanceLogs", "Last lines of the notebook, or of its launch", call(s.instanceLogs)},
	}
}

func (s *server) poolRoutes() []route {
	return []route{
		{get, "/api/v1/images", admin, 200, "listImages", "The image directory, and which hosts have what", call(s.listImages)},
		{post, "/api/v1/images/{digest}/push", admin, 202, "pushImage", "Bring an image to hosts, anew where it failed", call(s.pushImage)},
		{remove, "/api/v1/images/{digest}", admin, 204, "removeImage", "Remove an image's file from the image directory", call(s.removeImage)},
		{get, "/api/v1/image-pulls", admin, 200, "listPulls", "The last pulls from registries, newest first", call(s.listPulls)},
		{post, "/api/v1/image-pulls", admin, 202, "pullImage", "Pull an image from a registry into the image directory", call(s.pullImage)},
		{remove, "/api/v1/image-pulls/{id}", admin, 204, "cancelPull", "Cancel a pull", call(s.cancelPull)},
		{get, "/api/v1/hosts", admin, 200, "listHosts", "Notebook hosts", call(s.listHosts)},
		{get, "/api/v1/hosts/{id}", admin, 200, "getHost", "One notebook host", call(s.getHost)},
		{get, "/api/v1/hosts/{id}/log", admin, 200, "getHostLog", "What happened while a host was built, and the end of its machine's console", call(s.hostLog)},
		{post, "/api/v1/hosts/{id}/retire", admin, 202, "retireHost", "Let a host take no more instances, and release it when it is empty", call(s.retireHost)},
		{post, "/api/v1/hosts/{id}/release", admin, 202, "releaseHost", "End a host's instances now, and release it", call(s.releaseHost)},
		{get, "/api/v1/pool", user, 200, "getPool", "State of the pool", call(s.getPool)},
		{get, "/api/v1/pool/history", admin, 200, "getPoolHistory", "What the pool was like over the last hour, day or week", call(s.getPoolHistory)},
		{post, "/api/v1/pool/drain", admin, 202, "drainPool", "Begin shutdown mode, or change its deadline", call(s.drainPool)},
		{remove, "/api/v1/pool/drain", admin, 202, "resumePool", "Take shutdown mode back", call(s.resumePool)},
		{post, "/api/v1/pool/set-aside/{id}/retry", admin, 202, "retryActor", "Try an actor again that was set aside after repeated failures", call(s.retryActor)},
		{remove, "/api/v1/pool/strays/{id}", admin, 202, "releaseStray", "Release at once what the cloud holds of ours without a record, with all that was made for the same host", call(s.releaseStray)},
		{get, "/api/v1/variables", admin, 200, "listVariables", "Configuration variables", call(s.listVariables)},
		{get, "/api/v1/variables/{key}", admin, 200, "getVariable", "One configuration variable", call(s.getVariable)},
		{put, "/api/v1/variables/{key}", admin, 200, "setVariable", "Set a configuration variable", call(s.setVariable)},
		{get, "/api/v1/events", user, 200, "streamEvents", "Everything that changes, as server-sent events", stream(s.streamEvents)},
		{get, "/api/v1/backups", admin, 200, "listBackups", "Copies of the database that the server keeps, newest first", call(s.listBackups)},
		{post, "/api/v1/backups", admin, 201, "makeBackup", "Copy the database into the server's folder of backups", call(s.makeBackup)},
		{get, "/api/v1/audit", admin, 200, "listAudit", "Who did what, newest first", call(s.listAudit)},
	}
}

// handlerLimit bounds how long a call may wait for the rest of the system.
const handlerLimit = 30 * time.Second

// call mounts a JSON handler.
func call[I, O any](handler func(context.Context, *I) (*O, error)) func(*server, route) {
	return stream(func(ctx context.Context, in *I) (*O, error) {
		ctx, cancel := context.WithTimeout(ctx, handlerLimit)
		defer cancel()
		return handler(ctx, in)
	})
}

// stream mounts a handler whose answer has no end of its own.
func stream[I, O any](handler func(context.Context, *I) (*O, error)) func(*server, route) {
	return func(s *server, row route) {
		huma.Register(s.api, row.operation(s), func(ctx context.Context, in *I) (*O, error) {
			out, err := handler(ctx, in)
			if err != nil {
				return nil, problemOf(ctx, err)
			}
			return out, nil
		})
	}
}

// page mounts a handler that is not part of the API document.
func page(handler http.HandlerFunc) func(*server, route) {
	return func(s *server, row route) { s.router.MethodFunc(row.Method, row.Path, handler) }
}

func (row route) operation(s *server) huma.Operation {
	op := huma.Operation{
		OperationID: row.Operation, Method: row.Method, Path: row.Path, Summary: row.Summary,
		DefaultStatus: row.Status, Middlewares: huma.Middlewares{s.require(row.Access)},
		// The limit is http.MaxBytesReader's, which tells the client to stop sending.
		MaxBodyBytes: -1,
		Extensions:   map[string]any{"x-access": string(row.Access)},
		Responses:    s.responsesOf(row),
	}
	if row.Access != open {
		op.Security = []map[string][]string{{"session": {}}, {"bearer": {}}}
	}
	return op
}

// responsesOf describes the one answer that is no JSON document.
func (s *server) responsesOf(row route) map[string]*huma.Response {
	if row.Path != apiPrefix+"events" {
		return nil
	}
	return eventResponses(s.api.OpenAPI().Components.Schemas)
}
