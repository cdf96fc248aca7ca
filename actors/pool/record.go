package pool

// Changes are records to be stored together: all of them or none.
type Changes struct {
	Hosts         []Host
	Instances     []Instance
	Blueprints    []Blueprint
	Variables     []Variable
	Sessions      []NotebookSession
	Announcements []Announcement

	GoneHosts         []string // ids
	GoneInstances     []string // ids
	GoneBlueprints    []string // ids
	GoneSessions      []string // cookie hashes
	GoneAnnouncements []string // ids
}

// Records is everything durable that the supervision tree starts from.
type Records struct {
	// Installation is this data directory's random id, made once: the mark on
	// everything we make outside. Lower-case hex.
	Installation  string
	Hosts         []Host
	Instances     []Instance
	Blueprints    []Blueprint
	Variables     []Variable
	Sessions      []NotebookSession
	Announcements []Announcement
}

// ContainerSpec is what an engine is asked to create for an instance. The
// adapter adds the hardening that is the same for all (no-new-privileges, init,
// log limits, cap-drop ALL).
type ContainerSpec struct {
	Name         string
	Installation string
	InstanceID   string
	Slots        int
	ImageID      string
	Command      []string // empty: the image's own
	Env          []string
	MemoryB      int64
	CPUs         float64
	Pids         int
	Capabilities []string
	Port         int    // inside
	Address      string // IP to publish on, at an ephemeral port
}

// Container is what an engine says of one of our containers.
type Container struct {
	ID         string
	Name       string
	InstanceID string // from its label
	ImageID    string
	Running    bool
	ExitCode   int
	OOMKilled  bool
	Error      string // the engine's words when it could not start
	Target     string // ip:port of the published port, while running
}

// ContainerEvent is something that happened to one of our containers.
type ContainerEvent struct {
	InstanceID  string
	ContainerID string
	Kind        string // die, oom, destroy, start
	ExitCode    int
}

// Kinds of ContainerEvent.
const (
	ContainerStarted   = "start"
	ContainerDied      = "die"
	ContainerOOM       = "oom"
	ContainerDestroyed = "destroy"
)
