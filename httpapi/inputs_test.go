package httpapi

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

// draft is a blueprint with one more field in its config.
func draft(field string) string {
	return `{"name":"Demo","plugin":"DockerDriver","config":{"docker_image":"dockerdriver/demo-notebook","internal_port":8787` + field + `}}`
}

func TestBadInputsFailWell(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	admin := s.as("ann")
	const blueprints, instances = "/api/v1/blueprints", "/api/v1/instances"
	for _, c := range []struct {
		reason, method, path, body string
		status                     int
		code                       pool.Code
		field                      string
	}{
		{"memory limit abc", "POST", blueprints, draft(`,"memory_limit":"abc"`), 422, pool.CodeInvalid, "config.memory_limit"},
		{"lifetime 5x", "POST", blueprints, draft(`,"maximum_lifetime":"5x"`), 422, pool.CodeInvalid, "config.maximum_lifetime"},
		{"environment FOO", "POST", blueprints, draft(`,"environment_vars":"FOO"`), 422, pool.CodeInvalid, "config.environment_vars"},
		{"port 0", "POST", blueprints, strings.Replace(goodBlueprint, "8787", "0", 1), 422, pool.CodeInvalid, "config.internal_port"},
		{"a port that is text", "POST", blueprints, strings.Replace(goodBlueprint, "8787", `"8787"`, 1), 422, pool.CodeInvalid, "config.internal_port"},
		{"a port beyond all numbers", "POST", blueprints, strings.Replace(goodBlueprint, "8787", "1e400", 1), 400, pool.CodeInvalid, ""},
		{"a port with a fraction", "POST", blueprints, strings.Replace(goodBlueprint, "8787", "87.5", 1), 422, pool.CodeInvalid, "config.internal_port"},
		{"an image in upper case", "POST", blueprints, strings.Replace(goodBlueprint, "dockerdriver/", "DockerDriver/", 1), 422, pool.CodeInvalid, "config.docker_image"},
		{"an image that is a sentence", "POST", blueprints, strings.Replace(goodBlueprint, "dockerdriver/", "not a/", 1), 422, pool.CodeInvalid, "config.docker_image"},
		{"no slots at all", "POST", blueprints, draft(`,"consumed_slots":0`), 422, pool.CodeInvalid, "config.consumed_slots"},
		{"no instances at all", "POST", blueprints, draft(`,"maximum_instances_per_user":0`), 422, pool.CodeInvalid, "config.maximum_instances_per_user"},
		{"no cores at all", "POST", blueprints, draft(`,"cpu_limit":0`), 422, pool.CodeInvalid, "config.cpu_limit"},
		{"no processes at all", "POST", blueprints, draft(`,"pids_limit":0`), 422, pool.CodeInvalid, "config.pids_limit"},
		{"a memory limit of no words", "POST", blueprints, draft(`,"memory_limit":""`), 422, pool.CodeInvalid, "config.memory_limit"},
		{"a memory limit of blanks", "POST", blueprints, draft(`,"memory_limit":"  "`), 422, pool.CodeInvalid, "config.memory_limit"},
		{"an idle time under two minutes", "POST", blueprints, draft(`,"maximum_idle_time":"1m"`), 422, pool.CodeInvalid, "config.maximum_idle_time"},
		{"a request header of the proxy's", "POST", blueprints, draft(`,"proxy_options":{"request_headers":"Host: x"}`), 422, pool.CodeInvalid, "config.proxy_options.request_headers"},
		{"an idle path that is none", "POST", blueprints, draft(`,"proxy_options":{"idle_paths":"api/status"}`), 422, pool.CodeInvalid, "config.proxy_options.idle_paths"},
		{"a lifetime of millennia", "POST", blueprints, draft(`,"maximum_lifetime":"99999999h"`), 422, pool.CodeInvalid, "config.maximum_lifetime"},
		{"a variable twice", "POST", blueprints, draft(`,"environment_vars":"A=1 A=2"`), 422, pool.CodeInvalid, "config.environment_vars"},
		{"an open quote", "POST", blueprints, draft(`,"launch_command":"sh -c 'x"`), 422, pool.CodeInvalid, "config.launch_command"},
		{"a capability too far", "POST", blueprints, draft(`,"capabilities":["SYS_ADMIN"]`), 422, pool.CodeInvalid, "config.capabilities"},
		{"no name", "POST", blueprints, strings.Replace(goodBlueprint, "Demo", " ", 1), 422, pool.CodeInvalid, "name"},
		{"name missing", "POST", blueprints, strings.Replace(goodBlueprint, `"name":"Demo",`, "", 1), 422, pool.CodeInvalid, "name"},
		{"image missing in config", "POST", blueprints, `{"name":"x","plugin":"DockerDriver","config":{"internal_port":1}}`, 422, pool.CodeInvalid, "config.docker_image"},
		{"unknown plugin", "POST", blueprints, strings.Replace(goodBlueprint, "DockerDriver", "Other", 1), 422, pool.CodeInvalid, "plugin"},
		{"unknown field", "POST", blueprints, strings.Replace(goodBlueprint, `"name"`, `"colour":"red","name"`, 1), 422, pool.CodeInvalid, "colour"},
		{"unknown field inside", "POST", blueprints, draft(`,"memroy_limit":"1g"`), 422, pool.CodeInvalid, "config.memroy_limit"},
		{"a field in other case", "POST", instances, `{"Blueprint_ID":"x"}`, 422, pool.CodeInvalid, "blueprint_id"},
		{"unknown blueprint", "POST", instances, `{"blueprint_id":"none"}`, 404, pool.CodeNotFound, ""},
		{"blueprint id empty", "POST", instances, `{"blueprint_id":""}`, 422, pool.CodeInvalid, "blueprint_id"},
		{"no body", "POST", instances, "", 400, pool.CodeInvalid, ""},
		{"half a body", "POST", instances, `{"blueprint_id":`, 400, pool.CodeInvalid, ""},
		{"two bodies", "POST", instances, `{"blueprint_id":"x"}{}`, 400, pool.CodeInvalid, ""},
		{"a list", "POST", instances, `[]`, 422, pool.CodeInvalid, ""},
		{"null", "POST", instances, `null`, 422, pool.CodeInvalid, ""},
		{"deep nesting", "POST", instances, strings.Repeat("[", 20000), 400, pool.CodeInvalid, ""},
		{"a body over 1 MiB", "POST", instances, `{"blueprint_id":"` + strings.Repeat("x", 1<<20) + `"}`, 413, codeBodyTooLarge, ""},
		{"limit 0", "GET", instances + "?limit=0", "", 422, pool.CodeInvalid, "limit"},
		{"limit in words", "GET", instances + "?limit=many", "", 422, pool.CodeInvalid, "limit"},
		{"a cursor of instances that is none", "GET", instances + "?cursor=bogus", "", 422, pool.CodeInvalid, "cursor"},
		{"a cursor that only looks like one", "GET", instances + "?cursor=aW5zdGFuY2Vz", "", 422, pool.CodeInvalid, "cursor"},
		{"another list's cursor", "GET", instances + "?cursor=" + cursorOf("users", "ann@example.org"), "", 422, pool.CodeInvalid, "cursor"},
		{"a cursor of users that is none", "GET", "/api/v1/users?cursor=bogus", "", 422, pool.CodeInvalid, "cursor"},
		{"a cursor of the audit log that is none", "GET", "/api/v1/audit?cursor=bogus", "", 422, pool.CodeInvalid, "cursor"},
		{"a cursor of tokens", "GET", "/api/v1/tokens?cursor=bogus", "", 422, pool.CodeInvalid, "cursor"},
		{"a cursor of blueprints", "GET", blueprints + "?cursor=bogus", "", 422, pool.CodeInvalid, "cursor"},
		{"a cursor of plugins", "GET", "/api/v1/plugins?cursor=bogus", "", 422, pool.CodeInvalid, "cursor"},
		{"a cursor of images", "GET", "/api/v1/images?cursor=bogus", "", 422, pool.CodeInvalid, "cursor"},
		{"a cursor of hosts", "GET", "/api/v1/hosts?cursor=bogus", "", 422, pool.CodeInvalid, "cursor"},
		{"a cursor of variables", "GET", "/api/v1/variables?cursor=bogus", "", 422, pool.CodeInvalid, "cursor"},
		{"a cursor of a log", "GET", instances + "/i1/logs?cursor=bogus", "", 422, pool.CodeInvalid, "cursor"},
		{"too many log lines", "GET", instances + "/i1/logs?lines=100000", "", 422, pool.CodeInvalid, "lines"},
		{"logs of another type", "GET", instances + "/i1/logs?type=all", "", 422, pool.CodeInvalid, "type"},
		{"a history of another span", "GET", "/api/v1/pool/history?span=year", "", 422, pool.CodeInvalid, "span"},
		{"unknown instance", "GET", instances + "/none", "", 404, pool.CodeNotFound, ""},
		{"destroying an unknown instance", "DELETE", instances + "/none", "", 404, pool.CodeNotFound, ""},
		{"an id of great length", "GET", instances + "/" + strings.Repeat("x", 500), "", 422, pool.CodeInvalid, "id"},
		{"unknown host", "GET", "/api/v1/hosts/none", "", 404, pool.CodeNotFound, ""},
		{"unknown variable", "PUT", "/api/v1/variables/NONE", `{"value":"1"}`, 404, pool.CodeNotFound, ""},
		{"a bool that is none", "PUT", "/api/v1/variables/DD_SHUTDOWN_MODE", `{"value":"maybe"}`, 422, pool.CodeInvalid, "value"},
		{"a number out of range", "PUT", "/api/v1/variables/DD_MAX_HOSTS", `{"value":"-1"}`, 422, pool.CodeInvalid, "value"},
		{"an email that is none", "POST", "/api/v1/users", `{"email":"Bob <bob@x>"}`, 422, pool.CodeInvalid, "email"},
		{"a short password", "POST", "/api/v1/users", `{"email":"dan@example.org","password":"short"}`, 422, pool.CodeInvalid, "password"},
		{"an unknown role", "POST", "/api/v1/users", `{"email":"dan@example.org","role":"god"}`, 422, pool.CodeInvalid, "role"},
		{"a token without a name", "POST", "/api/v1/tokens", `{"name":""}`, 422, pool.CodeInvalid, "name"},
		{"a token for 5x", "POST", "/api/v1/tokens", `{"name":"x","expires_in":"5x"}`, 422, pool.CodeInvalid, "expires_in"},
		{"a login without password", "POST", "/api/v1/sessions", `{"email":"bob@example.org"}`, 422, pool.CodeInvalid, "password"},
		{"a password of great length", "POST", "/api/v1/sessions", credentials("bob@example.org", strings.Repeat("x", 300)), 422, pool.CodeInvalid, "password"},
		{"an event id in words", "GET", "/api/v1/events?after=yesterday", "", 422, pool.CodeInvalid, "after"},
		{"unknown path", "GET", "/api/v1/none", "", 404, pool.CodeNotFound, ""},
		{"unknown API version", "GET", "/api/v2/instances", "", 404, pool.CodeNotFound, ""},
		{"no path at all", "GET", "/api", "", 404, pool.CodeNotFound, ""},
		{"wrong method", "PUT", instances, "{}", 405, codeMethodNotAllowed, ""},
		{"unknown method", "BREW", instances, "", 405, codeMethodNotAllowed, ""},
	} {
		t.Run(c.reason, func(t *testing.T) {
			a := admin.do(c.method, c.path, c.body).refused(t, c.status, c.code)
			require.Equal(t, c.field, a.text("field"), a.body)
			require.LessOrEqual(t, len(a.body), 8<<10)
			require.NotContains(t, a.text("detail"), "()", "words about no field name none")
		})
	}
}

func TestAllowedMethodsAreNamed(t *testing.T) {
	t.Parallel()
	a := startSite(t).as("").do("PATCH", "/api/v1/blueprints/b1", "").refused(t, 405, codeMethodNotAllowed)
	require.Equal(t, "GET, PUT, DELETE", a.header.Get("Allow"))
}

func TestBodiesThatAreNotJSONAreRefused(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"} {
		v := s.as("bob")
		v.header["Content-Type"] = kind
		v.do("POST", "/api/v1/instances", `{"blueprint_id":"x"}`).refused(t, 415, codeMediaType)
	}
}

func TestAllFaultsOfABodyAreListedUpToABound(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	var body strings.Builder
	body.WriteString(`{"blueprint_id":"x"`)
	for n := range 500 {
		fmt.Fprintf(&body, `,"unknown%d":1`, n)
	}
	body.WriteString("}")
	a := s.as("bob").do("POST", "/api/v1/instances", body.String()).refused(t, 422, pool.CodeInvalid)
	require.Len(t, a.json["errors"], maxFieldErrors)
}

func TestAnswersCarryTheirSecurityHeaders(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	h := s.as("bob").do("GET", "/api/v1/me", "").header
	require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
	require.Equal(t, "no-store", h.Get("Cache-Control"))
	require.Equal(t, "no-referrer", h.Get("Referrer-Policy"))
	require.Contains(t, h.Get("Content-Security-Policy"), "default-src 'none'")
	require.NotEmpty(t, h.Get("X-Request-Id"))
	require.Empty(t, h.Get("Access-Control-Allow-Origin"))
	require.Contains(t, s.as("").do("GET", "/", "").header.Get("Content-Security-Policy"), "script-src 'self'", "the web UI brings its own")
}

func TestBodiesThatAreNoObjectAreRefusedInWords(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	for _, body := range []string{`[]`, `null`, `"text"`, `7`} {
		a := s.as("bob").do("POST", "/api/v1/instances", body).refused(t, 422, pool.CodeInvalid)
		require.Equal(t, "The body must be one JSON object, such as {}.", a.text("detail"), body)
	}
}
