package shim

// EnvMarker in the environment makes a process of this binary a shim.
const EnvMarker = "DOCKERDRIVER_EMULATOR_SHIM"

// Isolation says what keeps containers apart on this machine.
type Isolation string

const (
	// Root is namespaces made by root: network, mounts, processes, IPC, host name.
	Root Isolation = "namespaces"
	// User is the same inside a user namespace, in which the container's root is the engine's user.
	User Isolation = "user-namespace"
	// None is plain processes in the host's network, from a copy of the image's files, told their port by PORT.
	None Isolation = "none"
)

// Spec is what the shim needs to know of its container. Paths are absolute.
type Spec struct {
	Isolation Isolation
	// Rootfs is the image's files, shared and never written; Dir is the container's own folder.
	Rootfs string
	Dir    string
	// Path is the program inside the root file system, Args the whole argument vector, its name first.
	Path     string
	Args     []string
	Env      []string
	WorkDir  string
	UID      int
	GID      int
	Groups   []int
	Hostname string
	// Address is the container's IPv4 address, on its loopback interface.
	Address string
	// Capabilities are the names of those kept, with their CAP_ prefix.
	Capabilities    []string
	NoNewPrivileges bool
	ReadonlyRootfs  bool
	// Refusal, if set, is all that the container does: the program is not there.
	Refusal *Refusal
}

// Refusal is how an init ends that cannot run its program.
type Refusal struct {
	Code  int
	Words string
}

// request is what the engine asks of the shim. A Dial is answered with the same ID, a signal is not answered.
type request struct {
	ID     uint64
	Dial   string `json:",omitempty"`
	Signal int    `json:",omitempty"`
}

// message is what the shim tells: the answer to a request (ID not 0), or what happened to the program.
type message struct {
	ID      uint64 `json:",omitempty"`
	Started bool   `json:",omitempty"`
	Exited  bool   `json:",omitempty"`
	Code    int    `json:",omitempty"`
	Error   string `json:",omitempty"`
}

// Capabilities are the kernel's, by name, in the order of their numbers (linux/capability.h).
var Capabilities = []string{
	"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID",
	"CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW",
	"CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT",
	"CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD",
	"CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG",
	"CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
}
