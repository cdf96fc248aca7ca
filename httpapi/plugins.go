package httpapi

import (
	"context"
	"maps"
	"strings"

	"dockerdriver/actors/pool"
)

// plugin is a driver that blueprints can be made for, with the form of its configuration.
type plugin struct {
	Name     string         `json:"name"`
	Schema   map[string]any `json:"schema" doc:"JSON Schema (draft 2020-12) of a blueprint's config"`
	UISchema map[string]any `json:"ui_schema" doc:"Form hints for react-jsonschema-form"`
	Defaults map[string]any `json:"defaults" doc:"A config to begin with"`
}

func (s *server) listPlugins(context.Context, *WholeInput) (*listOutput[plugin], error) {
	v := s.Views.Snapshot()
	items := []plugin{}
	if v.Settings.Enables(pool.PluginDocker) {
		items = append(items, dockerPlugin(imageTags(v)))
	}
	return whole(items), nil
}

// formField is one field of the form. Rules are JSON Schema keywords; what
// they cannot say, pool.Config.Parse checks.
type formField struct {
	Name, Type, Title, Help string
	Default                 any
	Rules                   map[string]any
	Hints                   map[string]any
}

type rules = map[string]any

// spanPattern is of lifetimes and the like: days, hours and minutes.
const spanPattern = `^\s*(\d+d)?\s*(\d+h)?\s*(\d+m)?\s*$`

// dockerForm is pool.Config as a form, in its order.
var dockerForm = []formField{
	{Name: "docker_image", Type: "string", Title: "Image", Help: "Name of an image in the image directory.", Rules: rules{"minLength": 1, "maxLength": pool.MaxTextLength}},
	{Name: "internal_port", Type: "integer", Title: "Port in the container", Help: "What the program in the image listens on, such as 8787 for RStudio or 8888 for Jupyter.", Default: 8787, Rules: rules{"minimum": 1, "maximum": 65535}},
	{Name: "launch_command", Type: "string", Title: "Launch command", Help: "Empty: the image's own. {password} stands for the instance's password, {proxy_path} for the path that it is served at.", Default: "", Rules: rules{"maxLength": pool.MaxTextLength}},
	{Name: "environment_vars", Type: "string", Title: "Environment variables", Help: "NAME=value, separated by blanks; quote values with blanks: A='x y'. {password} stands for the instance's password, {proxy_path} for the path that it is served at.", Default: "", Rules: rules{"maxLength": pool.MaxEnvironmentBytes}, Hints: rules{"ui:widget": "textarea", "ui:options": rules{"rows": 3}}},
	{Name: "memory_limit", Type: "string", Title: "Memory limit", Help: "Memory and swap together: 512m, 2g.", Default: pool.DefaultMemory, Rules: rules{"pattern": `^\s*\d{1,15}[bkmgtBKMGT]?[bB]?\s*$`}},
	{Name: "cpu_limit", Type: "number", Title: "CPU limit", Help: "Cores.", Default: pool.DefaultCPUs, Rules: rules{"minimum": 0.1, "maximum": 64}},
	{Name: "pids_limit", Type: "integer", Title: "Process limit", Help: "Most processes and threads at once.", Default: pool.DefaultPids, Rules: rules{"minimum": 16, "maximum": 32768}},
	{Name: "capabilities", Type: "array", Title: "Linux capabilities", Help: "Containers start with none. Images that switch users at start (rocker, s6) need CHOWN, DAC_OVERRIDE, FOWNER, KILL, SETGID and SETUID.", Default: []string{}, Rules: rules{"items": rules{"type": "string", "enum": pool.AllowedCapabilities}, "uniqueItems": true}, Hints: rules{"ui:widget": "checkboxes"}},
	{Name: "consumed_slots", Type: "integer", Title: "Slots", Help: "What one instance takes of a host; a slot is about 512 MB of memory.", Default: pool.DefaultSlots, Rules: rules{"minimum": 1, "maximum": 1024}},
	{Name: "maximum_instances_per_user", Type: "integer", Title: "Instances per user", Help: "How many one user may have at once.", Default: pool.DefaultPerUser, Rules: rules{"minimum": 1, "maximum": 100}},
	{Name: "maximum_lifetime", Type: "string", Title: "Lifetime", Help: "Days, hours and minutes in this order: 2d 3h, 1h 30m, 10m; 0m: no end.", Default: pool.DefaultDuration, Rules: rules{"pattern": spanPattern}},
	{Name: "maximum_extension", Type: "string", Title: "Extension", Help: "By how much, in all, users may extend the lifetime: 30m, 4h. Each time it begins anew, as far as this allows. Empty or 0m: not at all.", Default: "", Rules: rules{"pattern": spanPattern}},
	{Name: "maximum_idle_time", Type: "string", Title: "Idle time", Help: "It ends when nobody has used it for so long: 30m, 1h 30m. Empty or 0m: it may stay unused to its end.", Default: "", Rules: rules{"pattern": spanPattern}},
	{Name: "cost_multiplier", Type: "number", Title: "Cost", Help: "Credits an hour.", Default: 0.0, Rules: rules{"minimum": 0, "maximum": 1e6}},
	{Name: "show_password", Type: "boolean", Title: "Show the password to the user", Help: "For images that ask for one.", Default: false},
	{Name: "proxy_options", Type: "object", Title: "Proxy", Help: "How requests reach the notebook.", Rules: rules{"properties": properties(proxyForm), "additionalProperties": false}},
}

var proxyForm = []formField{
	{Name: "set_host_header", Type: "boolean", Title: "Send the container's own address as Host", Help: "Off for Jupyter, RStudio and Shiny, whose origin checks want the browser's.", Default: false},
	{Name: "bypass_token_authentication", Type: "boolean", Title: "Log in to the notebook by token", Help: "Sends the instance's password as Authorization: token, so that Jupyter asks for none.", Default: false},
	{Name: "rewrite_path", Type: "boolean", Title: "Cut the notebook's own path off requests", Help: "Where notebooks share one address (--notebook-paths): on for RStudio and for programs that know no base URL, off for those that are given {proxy_path}. Without effect where each has an address of its own.", Default: false},
	{Name: "request_headers", Type: "string", Title: "Request headers", Help: "Set on every request to the container, in place of the browser's: Name: value, one a line. No place for secrets: users can see them.", Default: "", Rules: rules{"maxLength": pool.MaxHeaderBytes}, Hints: rules{"ui:widget": "textarea", "ui:options": rules{"rows": 2}}},
	{Name: "idle_paths", Type: "string", Title: "Idle paths", Help: "What the notebook's page asks for by itself, and is no sign of a person: paths separated by blanks, * for any run of characters. RStudio: */events/get_events. Jupyter: */api/kernels */api/sessions */api/terminals */api/status */api/contents*.", Default: "", Rules: rules{"maxLength": pool.MaxIdlePathBytes}, Hints: rules{"ui:widget": "textarea", "ui:options": rules{"rows": 2}}},
}

func properties(form []formField) map[string]any {
	out := map[string]any{}
	for _, f := range form {
		p := map[string]any{"type": f.Type, "title": f.Title, "description": f.Help}
		if f.Default != nil {
			p["default"] = f.Default
		}
		for keyword, value := range f.Rules {
			p[keyword] = value
		}
		out[f.Name] = p
	}
	return out
}

// hints are what a form says beyond its schema, in its order.
func hints(form []formField) map[string]any {
	out, order := map[string]any{}, []string{}
	for _, f := range form {
		order = append(order, f.Name)
		of := map[string]any{"ui:help": f.Help}
		maps.Copy(of, f.Hints)
		out[f.Name] = of
	}
	out["ui:order"] = order
	return out
}

// dockerPlugin is the form with the images that exist now. They are offered as
// examples, not as the only values: a blueprint may name an image that is yet to come.
func dockerPlugin(tags []string) plugin {
	fields := properties(dockerForm)
	defaults, ui := map[string]any{}, hints(dockerForm)
	for _, f := range dockerForm {
		if f.Default != nil {
			defaults[f.Name] = f.Default
		}
	}
	inner := ui["proxy_options"].(map[string]any)
	maps.Copy(inner, hints(proxyForm))
	image := fields["docker_image"].(map[string]any)
	image["examples"] = tags
	if len(tags) > 0 {
		defaults["docker_image"] = tags[0]
	} else {
		image["description"] = strings.TrimSuffix(image["description"].(string), ".") + "; there is none yet."
	}
	return plugin{
		Name: pool.PluginDocker, UISchema: ui, Defaults: defaults,
		Schema: map[string]any{
			"$schema": "https://json-schema.org/draft/2020-12/schema",
			"title":   "Notebook container", "type": "object", "additionalProperties": false,
			"required": []string{"docker_image", "internal_port"}, "properties": fields,
		},
	}
}
