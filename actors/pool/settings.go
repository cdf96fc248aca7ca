package pool

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Settings are all variables, parsed.
type Settings struct {
	Plugins      []string // empty: all
	ShutdownMode bool
	// ShutdownDeadline is when shutdown mode stops what is left; zero: never.
	ShutdownDeadline time.Time
	MaxHosts         int
	FreeSlotTarget   int
	NamePrefix       string
	PushesAtOnce     int   // images on their way to hosts
	Uplink           int64 // bytes a second for all of them; 0: no limit
	Hosts            HostSettings
}

// HostSettings are the variables of host machines and of their care.
type HostSettings struct {
	Image               string
	Small, Large        Flavor
	MasterGroup         string
	ExtraGroups         []string
	RootVolumeGB        int
	DataVolumeGBPerSlot int
	DataVolumeDevice    string
	DataVolumeType      string
	Networks            []string // empty: the project's only one
	PortFirst, PortLast int
	ExtraUserData       string

	Lifetime     time.Duration // from the first instance on; 0: no end
	LowLifetime  time.Duration
	BuildsAtOnce int
	BuildLimit   time.Duration
	PrepareLimit time.Duration
	LostAfter    time.Duration
	ErrorDecay   time.Duration
}

// Flavor is a size of host machines.
type Flavor struct {
	Name  string // name or id
	Slots int
}

// Plan is what the cloud is asked for when a host of that flavor is built.
func (s HostSettings) Plan(f Flavor) HostPlan {
	plan := HostPlan{
		Flavor: f.Name, Slots: f.Slots, Image: s.Image, Networks: s.Networks, MasterGroup: s.MasterGroup, ExtraGroups: s.ExtraGroups,
		RootVolumeGB: s.RootVolumeGB, DataVolumeGB: f.Slots * s.DataVolumeGBPerSlot,
		PortFirst: s.PortFirst, PortLast: s.PortLast, ExtraUserData: s.ExtraUserData,
	}
	if plan.DataVolumeGB > 0 {
		plan.DataVolumeDevice, plan.DataVolumeType = s.DataVolumeDevice, s.DataVolumeType
	}
	return plan
}

// SettingsOf parses the variables; what is not set has its default.
func SettingsOf(vars map[string]Variable) Settings {
	value := func(key string) string {
		d, _ := FindDefinition(key)
		if v, ok := vars[key]; ok {
			if canonical, err := d.Canonical(v.Value); err == nil {
				return canonical
			}
		}
		return d.Default
	}
	number := func(key string) int { n, _ := strconv.Atoi(value(key)); return n }
	span := func(key string) time.Duration { d, _ := parseSpan(value(key)); return d }
	shutdown, _ := parseBool(value(VarShutdownMode))
	var deadline time.Time
	if shutdown {
		deadline, _ = time.Parse(time.RFC3339, value(VarShutdownDeadline)) // empty: zero
	}
	networks := strings.Fields(value(VarHostNetwork))
	if slices.Equal(networks, []string{AutoNetwork}) {
		networks = nil
	}
	first, last, _ := parsePorts(value(VarHostPortRange))
	return Settings{
		Plugins:          strings.Fields(value(VarPluginWhitelist)),
		ShutdownMode:     shutdown,
		ShutdownDeadline: deadline,
		MaxHosts:         number(VarMaxHosts),
		FreeSlotTarget:   number(VarFreeSlotTarget),
		NamePrefix:       value(VarInstanceNamePref),
		PushesAtOnce:     number(VarImagePushesAtOnce),
		Uplink:           int64(number(VarImageUplink)) * 1_000_000,
		Hosts: HostSettings{
			Image:               value(VarHostImage),
			Small:               Flavor{value(VarHostFlavorSmall), number(VarHostSlotsSmall)},
			Large:               Flavor{value(VarHostFlavorLarge), number(VarHostSlotsLarge)},
			MasterGroup:         value(VarHostMasterGroup),
			ExtraGroups:         strings.Fields(value(VarHostExtraGroups)),
			RootVolumeGB:        number(VarHostRootVolumeSize),
			DataVolumeGBPerSlot: number(VarHostDataVolumeFactor),
			DataVolumeDevice:    value(VarHostDataVolumeDevice),
			DataVolumeType:      value(VarHostDataVolumeType),
			Networks:            networks,
			PortFirst:           first,
			PortLast:            last,
			ExtraUserData:       value(VarHostUserDataExtra),
			Lifetime:            span(VarHostLifetime),
			LowLifetime:         span(VarHostLowLifetime),
			BuildsAtOnce:        number(VarHostBuildsAtOnce),
			BuildLimit:          span(VarHostBuildLimit),
			PrepareLimit:        span(VarHostPrepareLimit),
			LostAfter:           span(VarHostLostAfter),
			ErrorDecay:          span(VarHostErrorDecay),
		},
	}
}

// Enables tells whether a plugin may be used.
func (s Settings) Enables(plugin string) bool {
	return len(s.Plugins) == 0 || slices.Contains(s.Plugins, plugin)
}

// PlanField is the field of a HostPlan that the cloud has to know the value of;
// empty for variables that the cloud has no say in.
func (d Definition) PlanField() string { return d.planField }

// parsePorts reads FIRST-LAST, two ports within 1024 to 65535.
func parsePorts(text string) (first, last int, ok bool) {
	m := portRange.FindStringSubmatch(text)
	if m == nil {
		return 0, 0, false
	}
	first, _ = strconv.Atoi(m[1])
	last, _ = strconv.Atoi(m[2])
	return first, last, first >= 1024 && first < last && last <= 65535
}
