package pool

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// PluginDocker is the name of the driver that this program is.
const PluginDocker = "DockerDriver"

// Blueprint is what an admin configures and activates, and users launch. To
// users it is an "environment".
type Blueprint struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Description string    `json:"description"`
	Plugin      string    `json:"plugin"`
	IsEnabled   bool      `json:"is_enabled"`
	Config      Config    `json:"config"`
	Version     int       `json:"version"` // grows by one with every write; the ETag
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
}

// Config is a blueprint's configuration as the admin wrote it. Parse turns it
// into a Spec; the words are kept, so that the form shows them again.
type Config struct {
	DockerImage             string       `json:"docker_image"`                         // tag of an image in the image directory
	InternalPort            int          `json:"internal_port"`                        // 1–65535
	LaunchCommand           string       `json:"launch_command,omitempty"`             // empty: the image's own
	EnvironmentVars         string       `json:"environment_vars,omitempty"`           // blank-separated A=1 B=2
	MemoryLimit             string       `json:"memory_limit,omitempty"`               // 512m; default DefaultMemory
	CPULimit                float64      `json:"cpu_limit,omitempty"`                  // cores, 0.1–64; default 1
	PidsLimit               int          `json:"pids_limit,omitempty"`                 // 16–32768; default 512
	Capabilities            []string     `json:"capabilities,omitempty"`               // from AllowedCapabilities
	ConsumedSlots           int          `json:"consumed_slots,omitempty"`             // 1–1024; default 1
	MaximumInstancesPerUser int          `json:"maximum_instances_per_user,omitempty"` // 1–100; default 1
	MaximumLifetime         string       `json:"maximum_lifetime,omitempty"`           // 1h 0m; default 1h; 0m: no end
	MaximumExtension        string       `json:"maximum_extension,omitempty"`          // 4h; by how much users may prolong it; empty or 0m: not at all
	MaximumIdleTime         string       `json:"maximum_idle_time,omitempty"`          // 30m; empty or 0m: it may idle to its end
	CostMultiplier          float64      `json:"cost_multiplier,omitempty"`            // credits an hour, ≥ 0
	ShowPassword            bool         `json:"show_password,omitempty"`
	ProxyOptions            ProxyOptions `json:"proxy_options,omitzero"`
}

// ProxyOptions say how requests reach the notebook.
type ProxyOptions struct {
	// SetHostHeader sends the container its own address as Host, instead of the
	// name that the browser used. Off for Jupyter, RStudio and Shiny, whose
	// origin checks want the browser's.
	SetHostHeader bool `json:"set_host_header,omitempty"`
	// BypassTokenAuthentication adds "Authorization: token <password>", the
	// instance's own random password, so that the notebook asks for none.
	BypassTokenAuthentication bool `json:"bypass_token_authentication,omitempty"`
	// RewritePath cuts the notebook's own path off requests, where it has one (path
	// mode), and mends redirects and cookies: for programs that know no base URL, and
	// for RStudio. The container is told in X-Forwarded-Prefix what was cut off.
	RewritePath bool `json:"rewrite_path,omitempty"`
	// RequestHeaders are set on every request, in place of what the browser sent:
	// "Name: value", one a line.
	RequestHeaders string `json:"request_headers,omitempty"`
	// IdlePaths are patterns of paths, separated by blanks, that the notebook's page
	// asks for by itself, such as polls: their requests and websockets are no sign
	// of a person. "*" stands for any run of characters.
	IdlePaths string `json:"idle_paths,omitempty"`
}

// Limits and defaults of Config, shown in its form and in error words.
const (
	DefaultMemory       = "512m"
	DefaultMemoryB      = 512 << 20
	MinMemoryB          = 16 << 20 // the engine itself refuses less than 6 MiB
	MaxMemoryB          = 1 << 40
	DefaultCPUs         = 1.0
	DefaultPids         = 512
	DefaultSlots        = 1
	DefaultPerUser      = 1
	DefaultDuration     = "1h 0m" // DefaultLifetime as it is written
	DefaultLifetime     = time.Hour
	MaxLifetime         = 365 * 24 * time.Hour
	MinIdleTime         = 2 * time.Minute
	MaxEnvironmentBytes = 32 << 10
	MaxNameLength       = 128
	MaxTextLength       = 4096
)

// AllowedCapabilities are the Linux capabilities that a blueprint may give back
// to its containers, which start with none (cap-drop ALL). These are the ones
// that init systems of notebook images need to switch to an unprivileged user
// (s6 of rocker images: CHOWN SETUID SETGID DAC_OVERRIDE FOWNER KILL) or to bind
// low ports; none of them reaches beyond the container's own namespaces.
var AllowedCapabilities = []string{
	"CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETGID", "SETPCAP", "SETUID",
}

// Spec is a Config, parsed and complete: what is launched.
type Spec struct {
	ImageRef     string        `json:"image_ref"`          // as configured
	ImageID      string        `json:"image_id,omitempty"` // the digest it meant at launch
	Port         int           `json:"port"`
	Command      []string      `json:"command,omitempty"`
	Env          []string      `json:"env,omitempty"` // NAME=value
	MemoryB      int64         `json:"memory_b"`      // bytes, memory and swap together
	CPUs         float64       `json:"cpus"`
	Pids         int           `json:"pids"`
	Capabilities []string      `json:"capabilities,omitempty"`
	Slots        int           `json:"slots"`
	Lifetime     time.Duration `json:"lifetime"` // 0: no end
	// Extension is by how much its user may prolong the lifetime, in all; 0: not at all.
	Extension time.Duration `json:"extension,omitempty"`
	// IdleTime is how long nobody need use it until it ends; 0: it may idle to its end.
	IdleTime     time.Duration `json:"idle_time,omitempty"`
	ShowPassword bool          `json:"show_password,omitempty"`
	Proxy        ProxyOptions  `json:"proxy,omitzero"`
	// Headers and IdlePaths are what Proxy says of them, parsed.
	Headers   []HeaderField `json:"headers,omitempty"`
	IdlePaths []string      `json:"idle_paths,omitempty"`
}

// Validate checks everything of a blueprint that can be checked without
// knowing which images exist.
func (b Blueprint) Validate() error {
	switch {
	case strings.TrimSpace(b.Name) == "":
		return Invalid("name", "The blueprint has no name.", "Give it one that users will recognise.")
	case len(b.Name) > MaxNameLength:
		return Invalid("name", "The name is longer than 128 bytes.", "Shorten it.")
	case len(b.Description) > MaxTextLength:
		return Invalid("description", "The description is longer than 4096 bytes.", "Shorten it.")
	case b.Plugin != PluginDocker:
		return Invalid("plugin", "There is no plugin "+quote(b.Plugin)+".", "Use "+PluginDocker+".")
	}
	_, err := b.Config.Parse()
	return err
}

// MaximumPerUser returns how many live instances one user may have, at least 1.
func (c Config) MaximumPerUser() int { return max(1, c.MaximumInstancesPerUser) }

// Slots returns how many slots an instance takes, at least 1.
func (c Config) Slots() int { return max(1, cmp.Or(c.ConsumedSlots, DefaultSlots)) }

// WithDefaults returns the configuration with what was left out, as it takes effect.
func (c Config) WithDefaults() Config {
	if strings.TrimSpace(c.MemoryLimit) == "" {
		c.MemoryLimit = DefaultMemory
	}
	if strings.TrimSpace(c.MaximumLifetime) == "" {
		c.MaximumLifetime = DefaultDuration
	}
	c.CPULimit = cmp.Or(c.CPULimit, DefaultCPUs)
	c.PidsLimit = cmp.Or(c.PidsLimit, DefaultPids)
	c.ConsumedSlots = cmp.Or(c.ConsumedSlots, DefaultSlots)
	c.MaximumInstancesPerUser = cmp.Or(c.MaximumInstancesPerUser, DefaultPerUser)
	return c
}

// Parse checks a configuration and fills in its defaults. The error names the
// field in dotted form.
func (c Config) Parse() (Spec, error) {
	c = c.WithDefaults()
	if err := checkImage(c.DockerImage); err != nil {
		return Spec{}, err
	}
	if err := c.checkNumbers(); err != nil {
		return Spec{}, err
	}
	s := Spec{
		ImageRef: c.DockerImage, Port: c.InternalPort, CPUs: c.CPULimit, Pids: c.PidsLimit,
		Slots: c.ConsumedSlots, ShowPassword: c.ShowPassword, Proxy: c.ProxyOptions,
	}
	var err error
	if s.MemoryB, err = ParseMemory(c.MemoryLimit); err != nil {
		return Spec{}, err
	}
	if s.Lifetime, err = ParseLifetime(c.MaximumLifetime); err != nil {
		return Spec{}, err
	}
	if s.Extension, err = ParseExtension(c.MaximumExtension); err != nil {
		return Spec{}, err
	}
	if s.IdleTime, err = ParseIdleTime(c.MaximumIdleTime); err != nil {
		return Spec{}, err
	}
	if s.Headers, err = ParseRequestHeaders(c.ProxyOptions.RequestHeaders); err != nil {
		return Spec{}, err
	}
	if s.IdlePaths, err = ParseIdlePaths(c.ProxyOptions.IdlePaths); err != nil {
		return Spec{}, err
	}
	if s.Env, err = ParseEnvironment(c.EnvironmentVars); err != nil {
		return Spec{}, err
	}
	if s.Command, err = SplitCommand(c.LaunchCommand); err != nil {
		return Spec{}, err
	}
	for _, name := range c.Capabilities {
		if !slices.Contains(AllowedCapabilities, name) {
			return Spec{}, Invalid("config.capabilities", "The capability "+quote(name)+" cannot be given to containers.",
				"Allowed are "+strings.Join(AllowedCapabilities, ", ")+".")
		}
	}
	s.Capabilities = slices.Compact(slices.Sorted(slices.Values(c.Capabilities)))
	return s, nil
}

func (c Config) checkNumbers() error {
	switch {
	case c.InternalPort < 1 || c.InternalPort > 65535:
		return Invalid("config.internal_port", "The port must be between 1 and 65535.", "Say the port that the program in the image listens on, such as 8787.")
	case c.CPULimit < 0.1 || c.CPULimit > 64:
		return Invalid("config.cpu_limit", "The CPU limit must be between 0.1 and 64 cores.", "Leave it out for one core.")
	case c.PidsLimit < 16 || c.PidsLimit > 32768:
		return Invalid("config.pids_limit", "The process limit must be between 16 and 32768.", "Leave it out for 512.")
	case c.ConsumedSlots < 1 || c.ConsumedSlots > 1024:
		return Invalid("config.consumed_slots", "An instance takes between 1 and 1024 slots.", "A slot is about 512 MB of memory.")
	case c.MaximumInstancesPerUser < 1 || c.MaximumInstancesPerUser > 100:
		return Invalid("config.maximum_instances_per_user", "A user may have between 1 and 100 instances.", "Leave it out for 1.")
	case c.CostMultiplier < 0 || c.CostMultiplier > 1e6:
		return Invalid("config.cost_multiplier", "The cost must be between 0 and 1000000 credits an hour.", "Leave it out for 0.")
	}
	return nil
}
