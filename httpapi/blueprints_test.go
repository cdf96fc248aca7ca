package httpapi

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

func TestABlueprintsLife(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	ann, bob := s.as("ann"), s.as("bob")
	a := ann.do("POST", "/api/v1/blueprints", goodBlueprint).ok(t, 201)
	path := "/api/v1/blueprints/" + a.text("id")
	require.Equal(t, path, a.header.Get("Location"))
	require.Equal(t, `"1"`, a.header.Get("ETag"))
	require.Equal(t, false, a.json["is_enabled"])

	require.Empty(t, bob.do("GET", "/api/v1/blueprints", "").items(), "users see active ones only")
	bob.do("GET", path, "").refused(t, 404, pool.CodeNotFound)
	bob.do("POST", path+"/activate", "").refused(t, 403, pool.CodeForbidden)

	require.Equal(t, true, ann.do("POST", path+"/activate", "").ok(t, 200).json["is_enabled"])
	require.Equal(t, `"2"`, ann.do("POST", path+"/activate", "").ok(t, 200).header.Get("ETag"), "once more changes nothing")
	require.Len(t, bob.do("GET", "/api/v1/blueprints", "").items(), 1)

	changed := ann.do("PUT", path, `{"name":"Demo 2","plugin":"DockerDriver","config":{"docker_image":"dockerdriver/demo-notebook:latest","internal_port":80}}`, "If-Match", `"2"`).ok(t, 200)
	require.Equal(t, "Demo 2", changed.text("name"))
	require.Equal(t, true, changed.json["is_enabled"], "an edit keeps it active")
	require.Equal(t, `"3"`, changed.header.Get("ETag"))

	require.Equal(t, false, ann.do("POST", path+"/deactivate", "").ok(t, 200).json["is_enabled"])
	ann.do("DELETE", path, "").ok(t, 204)
	ann.do("GET", path, "").refused(t, 404, pool.CodeNotFound)
	for _, action := range []string{"blueprint.create", "blueprint.activate", "blueprint.update", "blueprint.deactivate", "blueprint.delete"} {
		require.Len(t, s.actions(action), 1, action)
	}
}

func TestEditsOfAnOldVersionAreRefused(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	ann, path := s.as("ann"), "/api/v1/blueprints/"+s.blueprint()
	for _, old := range []string{`"1"`, `W/"1"`, `1`, `"99"`, `"abc"`, `"-1"`} {
		ann.do("PUT", path, goodBlueprint, "If-Match", old).refused(t, 412, pool.CodeEditConflict)
		ann.do("POST", path+"/deactivate", "", "If-Match", old).refused(t, 412, pool.CodeEditConflict)
		ann.do("DELETE", path, "", "If-Match", old).refused(t, 412, pool.CodeEditConflict)
	}
	ann.do("PUT", path, goodBlueprint, "If-Match", `*`).ok(t, 200)
	ann.do("PUT", path, goodBlueprint, "If-Match", `W/"3"`).ok(t, 200)

	variable := "/api/v1/variables/DD_MAX_HOSTS"
	require.Equal(t, `"1"`, ann.do("PUT", variable, `{"value":"7"}`).ok(t, 200).header.Get("ETag"))
	ann.do("PUT", variable, `{"value":"8"}`, "If-Match", `"5"`).refused(t, 412, pool.CodeEditConflict)
	require.Equal(t, "8", ann.do("PUT", variable, `{"value":" 8 "}`, "If-Match", `"1"`).ok(t, 200).text("value"))
	got := ann.do("GET", variable, "").ok(t, 200)
	require.Equal(t, "ann@example.org", got.text("updated_by"))
	require.Len(t, s.actions("variable.set"), 2)
}

func TestActivationNeedsTheImage(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	ann := s.as("ann")
	missing := `{"name":"Later","plugin":"DockerDriver","config":{"docker_image":"rocker/rstudio","internal_port":8787}}`
	path := "/api/v1/blueprints/" + ann.do("POST", "/api/v1/blueprints", missing).ok(t, 201).text("id")
	a := ann.do("POST", path+"/activate", "").refused(t, 409, pool.CodeImageMissing)
	require.Contains(t, a.text("hint"), "dockerdriver/demo-notebook:latest", "the names that exist are told")
	require.Equal(t, "config.docker_image", a.text("field"))
	active := "/api/v1/blueprints/" + s.blueprint()
	ann.do("PUT", active, missing).refused(t, 409, pool.CodeImageMissing)
}

func TestPluginsMustBeEnabled(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	ann := s.as("ann")
	require.Len(t, ann.do("GET", "/api/v1/plugins", "").items(), 1)
	path := "/api/v1/blueprints/" + ann.do("POST", "/api/v1/blueprints", goodBlueprint).ok(t, 201).text("id")
	s.pool.mu.Lock()
	s.pool.view.Settings.Plugins = []string{"DummyDriver"}
	s.pool.mu.Unlock()
	ann.do("POST", "/api/v1/blueprints", goodBlueprint).refused(t, 409, pool.CodePluginOff)
	ann.do("POST", path+"/activate", "").refused(t, 409, pool.CodePluginOff)
	require.Empty(t, ann.do("GET", "/api/v1/plugins", "").items())
}

func TestABlueprintTellsAllOfItsConfig(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	ann := s.as("ann")
	made := ann.do("POST", "/api/v1/blueprints", draft("")).ok(t, 201)
	require.Equal(t, map[string]any{
		"docker_image": "dockerdriver/demo-notebook", "internal_port": 8787.0, "launch_command": "", "environment_vars": "",
		"memory_limit": "512m", "cpu_limit": 1.0, "pids_limit": 512.0, "capabilities": []any{}, "consumed_slots": 1.0,
		"maximum_instances_per_user": 1.0, "maximum_lifetime": "1h 0m", "maximum_extension": "", "maximum_idle_time": "", "cost_multiplier": 0.0, "show_password": false,
		"proxy_options": map[string]any{"set_host_header": false, "bypass_token_authentication": false, "rewrite_path": false, "request_headers": "", "idle_paths": ""},
	}, made.json["config"])
	require.ElementsMatch(t, jsonNames(reflect.TypeFor[pool.Config]()), jsonNames(reflect.TypeFor[blueprintConfig]()))
	require.ElementsMatch(t, jsonNames(reflect.TypeFor[pool.Config]()), jsonNames(reflect.TypeFor[blueprintConfigDraft]()))
	require.ElementsMatch(t, jsonNames(reflect.TypeFor[pool.ProxyOptions]()), jsonNames(reflect.TypeFor[blueprintProxyOptions]()))

	raw, err := json.Marshal(map[string]any{"name": "Again", "plugin": "DockerDriver", "config": made.json["config"]})
	require.NoError(t, err)
	again := ann.do("PUT", "/api/v1/blueprints/"+made.text("id"), string(raw)).ok(t, 200)
	require.Equal(t, made.json["config"], again.json["config"], "what was read can be written")
}

func TestTheDocumentTellsTheDefaultsThatTakeEffect(t *testing.T) {
	t.Parallel()
	document := startSite(t).as("").do("GET", "/api/v1/openapi.json", "").json
	schemas := document["components"].(map[string]any)["schemas"].(map[string]any)
	raw, err := json.Marshal(configOf(pool.Config{}))
	require.NoError(t, err)
	var effective map[string]any
	require.NoError(t, json.Unmarshal(raw, &effective))
	told := 0
	for name, property := range schemas["BlueprintConfig"].(map[string]any)["properties"].(map[string]any) {
		if value, ok := property.(map[string]any)["default"]; ok {
			require.Equal(t, effective[name], value, name)
			told++
		}
	}
	require.Equal(t, 8, told)
}
