package pool

import (
	"regexp"
	"time"
)

// Keys of the variables.
const (
	VarPluginWhitelist  = "PLUGIN_WHITELIST"
	VarShutdownMode     = "DD_SHUTDOWN_MODE"
	VarShutdownDeadline = "DD_SHUTDOWN_DEADLINE"
	VarMaxHosts         = "DD_MAX_HOSTS"
	VarFreeSlotTarget   = "DD_FREE_SLOT_TARGET"
	VarInstanceNamePref = "INSTANCE_NAME_PREFIX"

	VarImagePushesAtOnce = "DD_IMAGE_PUSHES_AT_ONCE"
	VarImageUplink       = "DD_IMAGE_UPLINK"

	VarHostImage            = "DD_HOST_IMAGE"
	VarHostFlavorSmall      = "DD_HOST_FLAVOR_NAME_SMALL"
	VarHostSlotsSmall       = "DD_HOST_FLAVOR_SLOTS_SMALL"
	VarHostFlavorLarge      = "DD_HOST_FLAVOR_NAME_LARGE"
	VarHostSlotsLarge       = "DD_HOST_FLAVOR_SLOTS_LARGE"
	VarHostMasterGroup      = "DD_HOST_MASTER_SG"
	VarHostExtraGroups      = "DD_HOST_EXTRA_SGS"
	VarHostRootVolumeSize   = "DD_HOST_ROOT_VOLUME_SIZE"
	VarHostDataVolumeFactor = "DD_HOST_DATA_VOLUME_FACTOR"
	VarHostDataVolumeDevice = "DD_HOST_DATA_VOLUME_DEVICE"
	VarHostDataVolumeType   = "DD_HOST_DATA_VOLUME_TYPE"
	VarHostNetwork          = "DD_HOST_NETWORK"
	VarHostLifetime         = "DD_HOST_LIFETIME"
	VarHostLowLifetime      = "DD_HOST_LOW_LIFETIME"
	VarHostBuildsAtOnce     = "DD_HOST_BUILDS_AT_ONCE"
	VarHostBuildLimit       = "DD_HOST_BUILD_LIMIT"
	VarHostPrepareLimit     = "DD_HOST_PREPARE_LIMIT"
	VarHostLostAfter        = "DD_HOST_LOST_AFTER"
	VarHostErrorDecay       = "DD_HOST_ERROR_DECAY"
	VarHostPortRange        = "DD_HOST_PORT_RANGE"
	VarHostUserDataExtra    = "DD_HOST_USER_DATA_EXTRA"
)

// AutoNetwork is the value of DD_HOST_NETWORK that means the project's only one.
const AutoNetwork = "auto"

// Groups of variables on the Configure page.
const (
	groupService = "Service"
	groupPool    = "Pool"
	groupImages  = "Images"
	groupMachine = "Host machines"
	groupCare    = "Care of hosts"
)

const cloudName = `^[^\x00-\x1f]{1,255}$`

var named = regexp.MustCompile(cloudName)

// sitesPart is what can be told of a part of user-data without the cloud that
// takes it: how cloud-init knows its kind (its documentation, "User-data formats").
var sitesPart = regexp.MustCompile(`^(?:$|#!|#cloud-config[ \t]*(?:\r?\n|$))`)

// Definitions lists every variable in the order of the Configure page
// (defaults: ancestor.md, "Configuration variables"; those of "Care of hosts"
// are new, with the numbers of its "Policy" as defaults).
var Definitions = []Definition{
	{Key: VarPluginWhitelist, Type: TypeWords, Default: "DummyDriver", Group: groupService, Meaning: "Plugins that may be used, separated by blanks; case matters; empty means all."},
	{Key: VarShutdownMode, Type: TypeBool, Default: "True", Group: groupPool, Meaning: "True drains the pool until nothing is left; False starts it."},
	{Key: VarShutdownDeadline, Type: TypeTime, Default: "", Group: groupPool, Meaning: "When shutdown mode stops what is left; empty: each notebook keeps its own end. It goes with the mode."},
	{Key: VarMaxHosts, Type: TypeInt, Default: "4", Min: 0, Max: 1000, Group: groupPool, Meaning: "Most notebook hosts at once, in any state."},
	{Key: VarFreeSlotTarget, Type: TypeInt, Default: "4", Min: 0, Max: 100000, Group: groupPool, Meaning: "Headroom: hosts are added while fewer slots than this are free."},
	{
		Key: VarInstanceNamePref, Type: TypeText, Default: "pb-", Group: groupService, Meaning: "What names of instances and their containers begin with.",
		pattern: regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,31}$`), wants: "1 to 32 letters, digits, dots, dashes or underscores, beginning with a letter or digit",
	},

	{Key: VarImagePushesAtOnce, Type: TypeInt, Default: "4", Min: 1, Max: 64, Group: groupImages, Meaning: "Most images that are sent to hosts at the same time; to one host 2 at most."},
	{Key: VarImageUplink, Type: TypeInt, Default: "0", Min: 0, Max: 100000, Group: groupImages, Meaning: "MB a second that all images on their way to hosts may take together; 0 means no limit."},

	{Key: VarHostImage, Type: TypeText, Default: "Debian-12", Group: groupMachine, planField: "image", pattern: named, wants: "the name or id of an image", Meaning: "Image that hosts boot from, by name or id: a current Debian, Ubuntu or RHEL-family one with cloud-init."},
	{Key: VarHostFlavorSmall, Type: TypeText, Default: "mini", Group: groupMachine, planField: "flavor", pattern: named, wants: "the name or id of a flavor", Meaning: "Flavor of hosts while the pool is idle, by name or id."},
	{Key: VarHostSlotsSmall, Type: TypeInt, Default: "6", Min: 1, Max: 10000, Group: groupMachine, Meaning: "Slots of a host of the small flavor (a slot is about 512 MB of memory)."},
	{Key: VarHostFlavorLarge, Type: TypeText, Default: "small", Group: groupMachine, planField: "flavor", pattern: named, wants: "the name or id of a flavor", Meaning: "Flavor of hosts while slots are in use or waited for, by name or id."},
	{Key: VarHostSlotsLarge, Type: TypeInt, Default: "24", Min: 1, Max: 10000, Group: groupMachine, Meaning: "Slots of a host of the large flavor."},
	{Key: VarHostMasterGroup, Type: TypeText, Default: "pb_server", Group: groupMachine, planField: "master_group", pattern: named, wants: "the name or id of a security group", Meaning: "This server's own security group: the only one that hosts let in."},
	{Key: VarHostExtraGroups, Type: TypeWords, Default: "", Group: groupMachine, planField: "extra_groups", Meaning: "Further security groups that hosts are put in, separated by blanks."},
	{Key: VarHostRootVolumeSize, Type: TypeInt, Default: "0", Min: 0, Max: 16384, Group: groupMachine, Meaning: "GB of the volume that a host boots from; 0 boots from the image itself."},
	{Key: VarHostDataVolumeFactor, Type: TypeInt, Default: "4", Min: 0, Max: 1024, Group: groupMachine, Meaning: "GB of data volume for each slot of a host; 0 means no data volume."},
	{
		Key: VarHostDataVolumeDevice, Type: TypeText, Default: "/dev/vdb", Group: groupMachine, Meaning: "Where the data volume shows up in a host, if it is not found by its id.",
		pattern: regexp.MustCompile(`^/dev/[A-Za-z0-9._/-]{1,200}$`), wants: "the path of a device, such as /dev/vdb",
	},
	{Key: VarHostDataVolumeType, Type: TypeText, Default: "", Group: groupMachine, planField: "data_volume_type", Meaning: "Type of data volumes; empty means the cloud's default."},
	{Key: VarHostNetwork, Type: TypeWords, Default: AutoNetwork, Group: groupMachine, planField: "networks", Meaning: "Networks of hosts, by id or name, the one this server reaches them on first; auto means the project's only one."},
	{
		Key: VarHostPortRange, Type: TypeText, Default: "32768-60999", Group: groupMachine, Meaning: "Ports of a host that containers are published on; its security group opens no others besides the engine's.",
		pattern: portRange, wants: "two ports from 1024 to 65535 with a dash between, such as 32768-60999",
	},
	{Key: VarHostUserDataExtra, Type: TypeLines, Default: "", Group: groupMachine, planField: "extra_user_data", pattern: sitesPart, wants: "lines that begin with #cloud-config, or with #! for a script", Meaning: "The site's own part of cloud-init user-data, beside ours: #cloud-config or a script that begins with #!."},

	{Key: VarHostLifetime, Type: TypeDuration, Default: "4h", Group: groupCare, Meaning: "How long a host takes instances, from its first one on; then it is released when it is empty, and replaced. 0m means no end."},
	{Key: VarHostLowLifetime, Type: TypeDuration, Default: "5m", Group: groupCare, Meaning: "A host with less lifetime left than this takes instances only when no other has room, and counts for no headroom."},
	{Key: VarHostBuildsAtOnce, Type: TypeInt, Default: "2", Min: 1, Max: 50, Group: groupCare, Meaning: "Most hosts that are built and prepared at the same time."},
	{Key: VarHostBuildLimit, Type: TypeDuration, Default: "15m", Least: time.Second, Group: groupCare, Meaning: "How long the cloud may take to build a host; then what there is of it is released."},
	{Key: VarHostPrepareLimit, Type: TypeDuration, Default: "15m", Least: time.Second, Group: groupCare, Meaning: "How long a built host may take until its engine answers, its images are there and its containers are seen to be fenced in."},
	{Key: VarHostLostAfter, Type: TypeDuration, Default: "5m", Least: time.Second, Group: groupCare, Meaning: "How long a host's engine may be silent before the host is given up, its instances with it, and replaced."},
	{Key: VarHostErrorDecay, Type: TypeDuration, Default: "1h", Least: time.Second, Group: groupCare, Meaning: "How long an error of a host counts; with more than 5 it takes no instances."},
}

var portRange = regexp.MustCompile(`^(\d{4,5})-(\d{4,5})$`)
