package httpapi

import "dockerdriver/actors/pool"

// blueprintConfig is the JSON shape of pool.Config: all of it, with the
// defaults that take effect where the admin left something out.
type blueprintConfig struct {
	DockerImage             string                `json:"docker_image" doc:"Name of an image in the image directory"`
	InternalPort            int                   `json:"internal_port" doc:"What the program in the image listens on"`
	LaunchCommand           string                `json:"launch_command" doc:"Empty, the default: the image's own"`
	EnvironmentVars         string                `json:"environment_vars" doc:"NAME=value, separated by blanks; default none"`
	MemoryLimit             string                `json:"memory_limit" default:"512m" doc:"Memory and swap together"`
	CPULimit                float64               `json:"cpu_limit" default:"1" doc:"Cores"`
	PidsLimit               int                   `json:"pids_limit" default:"512" doc:"Most processes and threads at once"`
	Capabilities            []string              `json:"capabilities" doc:"Linux capabilities; default none"`
	ConsumedSlots           int                   `json:"consumed_slots" default:"1" doc:"What one instance takes of a host"`
	MaximumInstancesPerUser int                   `json:"maximum_instances_per_user" default:"1" doc:"How many one user may have at once"`
	MaximumLifetime         string                `json:"maximum_lifetime" default:"1h 0m" doc:"0m: no end"`
	MaximumExtension        string                `json:"maximum_extension" default:"" doc:"Empty or 0m: its users cannot extend it"`
	MaximumIdleTime         string                `json:"maximum_idle_time" default:"" doc:"Empty or 0m: it may stay unused to its end"`
	CostMultiplier          float64               `json:"cost_multiplier" default:"0" doc:"Credits an hour"`
	ShowPassword            bool                  `json:"show_password" default:"false" doc:"Whether the owner sees the instance's password"`
	ProxyOptions            blueprintProxyOptions `json:"proxy_options"`
}

type blueprintProxyOptions struct {
	SetHostHeader             bool   `json:"set_host_header" default:"false" doc:"Sends the container its own address as Host"`
	BypassTokenAuthentication bool   `json:"bypass_token_authentication" default:"false" doc:"Sends the instance's password as Authorization: token"`
	RewritePath               bool   `json:"rewrite_path" default:"false" doc:"In path mode, cuts the notebook's own path off requests"`
	RequestHeaders            string `json:"request_headers" default:"" doc:"Set on every request: Name: value, one a line"`
	IdlePaths                 string `json:"idle_paths" default:"" doc:"Patterns of paths whose requests are no use, separated by blanks"`
}

func configOf(c pool.Config) blueprintConfig {
	c = c.WithDefaults()
	return blueprintConfig{
		DockerImage: c.DockerImage, InternalPort: c.InternalPort, LaunchCommand: c.LaunchCommand,
		EnvironmentVars: c.EnvironmentVars, MemoryLimit: c.MemoryLimit, CPULimit: c.CPULimit, PidsLimit: c.PidsLimit,
		Capabilities: filled(c.Capabilities), ConsumedSlots: c.ConsumedSlots,
		MaximumInstancesPerUser: c.MaximumInstancesPerUser, MaximumLifetime: c.MaximumLifetime, MaximumExtension: c.MaximumExtension, MaximumIdleTime: c.MaximumIdleTime,
		CostMultiplier: c.CostMultiplier, ShowPassword: c.ShowPassword, ProxyOptions: blueprintProxyOptions(c.ProxyOptions),
	}
}

// blueprintConfigDraft is pool.Config as an admin writes it. What is left out
// takes its default; the schema refuses zeros, which would be taken for left
// out. pool.Config.Parse checks the rest, in words of its own.
type blueprintConfigDraft struct {
	DockerImage             string            `json:"docker_image" doc:"Name of an image in the image directory"`
	InternalPort            int               `json:"internal_port" doc:"What the program in the image listens on, 1 to 65535"`
	LaunchCommand           string            `json:"launch_command,omitempty" doc:"Left out or empty: the image's own"`
	EnvironmentVars         string            `json:"environment_vars,omitempty" doc:"NAME=value, separated by blanks"`
	MemoryLimit             string            `json:"memory_limit,omitempty" pattern:"\\S" patternDescription:"an amount such as 512m; left out it is 512m" doc:"Memory and swap together: 512m, 2g; 512m when left out"`
	CPULimit                float64           `json:"cpu_limit,omitempty" minimum:"0.1" doc:"Cores, up to 64; 1 when left out"`
	PidsLimit               int               `json:"pids_limit,omitempty" minimum:"16" doc:"Most processes and threads at once, up to 32768; 512 when left out"`
	Capabilities            []string          `json:"capabilities,omitempty" doc:"Linux capabilities; none when left out"`
	ConsumedSlots           int               `json:"consumed_slots,omitempty" minimum:"1" doc:"What one instance takes of a host, up to 1024; 1 when left out"`
	MaximumInstancesPerUser int               `json:"maximum_instances_per_user,omitempty" minimum:"1" doc:"How many one user may have at once, up to 100; 1 when left out"`
	MaximumLifetime         string            `json:"maximum_lifetime,omitempty" doc:"Days, hours and minutes in this order: 2d 3h; 0m: no end; 1h 0m when left out or empty"`
	MaximumExtension        string            `json:"maximum_extension,omitempty" doc:"By how much, in all, users may extend the lifetime, as lifetimes are written; left out, empty or 0m: not at all"`
	MaximumIdleTime         string            `json:"maximum_idle_time,omitempty" doc:"How long nobody need use it until it ends, as lifetimes are written, at least 2m; left out, empty or 0m: to its end"`
	CostMultiplier          float64           `json:"cost_multiplier,omitempty" doc:"Credits an hour; 0 when left out"`
	ShowPassword            bool              `json:"show_password,omitempty" doc:"Whether the owner sees the instance's password; false when left out"`
	ProxyOptions            pool.ProxyOptions `json:"proxy_options,omitzero" doc:"How requests reach the notebook; all false when left out"`
}
