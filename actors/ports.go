package actors

import (
	"context"
	"io"

	"dockerdriver/actors/pool"
)

// Cloud makes and releases the machines that hosts run on. Every method is
// idempotent by the host's name: a repeated call finds what an earlier one made.
type Cloud interface {
	// Kind is local, emulator or openstack.
	Kind() string
	// MaxHosts is the most hosts the cloud can hold; 0 means that only its quota says.
	MaxHosts() int
	// Check tells whether the cloud has what one field of a plan names (flavor,
	// image, networks, master_group, extra_groups, data_volume_type,
	// extra_user_data); an empty field means all. The error is a *pool.Error with that Field and CodeInvalid
	// and says what there is instead; any other error means that nobody knows.
	Check(ctx context.Context, plan pool.HostPlan, field string) error
	// Build makes the host's machine or finds it. It calls note, which stores
	// them, with the ids of what it made as soon as each is known. A *pool.Error is
	// final: CodeQuota, CodeInvalid for a plan that cannot be, CodeBuildFailed for a
	// machine that broke on its way. Any other error may be gone at the next try.
	Build(ctx context.Context, host pool.Host, note func(pool.CloudResources) error) (pool.Machine, error)
	// Release removes everything the host has in the cloud and returns once it
	// is confirmed gone. Nothing there is success.
	Release(ctx context.Context, host pool.Host) error
	// Tend puts right what somebody has changed by hand of a host that is built: the
	// rules of its group, a volume that was detached. A machine that is no longer
	// there is a *pool.Error with CodeHostLost; nothing is built.
	Tend(ctx context.Context, host pool.Host) error
	// Things lists all that carries the installation's mark. It changes nothing.
	Things(ctx context.Context) ([]pool.Thing, error)
}

// Consoles reads what the machines of a cloud have written on their consoles.
type Consoles interface {
	// Console returns about the last so many lines of a host's machine, as they are:
	// they may hold secrets. Where there are none, missing says why, and that is no error.
	Console(ctx context.Context, host pool.Host, lines int) (text string, missing pool.ConsoleMissing, err error)
}

// Fence tells whether containers on a host are kept from what they must not
// reach: the cloud's metadata address, the engine, a neighbour's published port.
type Fence interface {
	// Holds runs a probe container on the host and removes it. A reach that
	// succeeded is a *pool.Error with CodeNotFenced that names it; any other error
	// means that the probe did not get so far.
	Holds(ctx context.Context, host pool.Host) error
}

// Disks looks at the disks of engines, of which the engines do not tell.
type Disks interface {
	// Disk tells the room that the host's engine has for images and containers, at
	// this moment. It may run a container on the host, which it removes.
	Disk(ctx context.Context, host pool.Host) (pool.Disk, error)
}

// Engines connects to the Docker engines of hosts.
type Engines interface {
	// Engine returns the engine at an endpoint without waiting for it.
	// Connections are kept and shared.
	Engine(at pool.Endpoint) (Engine, error)
	// Answers tells whether the container at target (ip:port) answers HTTP. It
	// follows no redirect and reads at most a few KiB. Any answer but 502, 503
	// and 504 counts.
	Answers(ctx context.Context, target string) error
}

// Engine is one host's Docker engine. Containers without our installation's
// label are never listed, touched or reported.
type Engine interface {
	Info(ctx context.Context) (pool.EngineInfo, error)
	ImageStore
	ContainerStore
	// Watch reports container events until ctx ends or the stream breaks, and
	// returns why. Events between two calls are lost: list after reconnecting.
	Watch(ctx context.Context, installation string, report func(pool.ContainerEvent)) error
}

// ImageStore is the engine's images.
type ImageStore interface {
	// HasImage tells whether the image id is there.
	HasImage(ctx context.Context, imageID string) (bool, error)
	// ListImages returns every image on the engine.
	ListImages(ctx context.Context) ([]pool.EngineImage, error)
	// RemoveImage removes an image with its tags. One that is not there is
	// success; one that a container uses is a *pool.Error with CodeImageInUse.
	RemoveImage(ctx context.Context, imageID string) error
	// Load streams a docker save tarball (plain or compressed) to the engine,
	// reads the answer to its end and returns the engine's own words on failure.
	Load(ctx context.Context, tarball io.Reader) error
	// Tag gives the image id a name, moving it from any other image.
	Tag(ctx context.Context, imageID, tag string) error
}

// ContainerStore is the engine's containers, each found by its instance.
type ContainerStore interface {
	// Create makes the instance's container or finds the one made before. A
	// container of that name that is not this instance's is an error.
	Create(ctx context.Context, spec pool.ContainerSpec) (containerID string, err error)
	// Start starts it (a started one is success) and tells its published target.
	Start(ctx context.Context, containerID string) (pool.Container, error)
	// List returns all containers of the installation, running or not.
	List(ctx context.Context, installation string) ([]pool.Container, error)
	// Logs returns the last lines (at most 2,000, each at most 4 KiB) of output.
	Logs(ctx context.Context, containerID string, lines int) ([]string, error)
	// Remove stops (SIGTERM, a short grace, SIGKILL) and removes a container.
	// One that is not there is success.
	Remove(ctx context.Context, containerID string) error
}

// Images is the image directory.
type Images interface {
	// Scan returns every image and every faulty file, by file name.
	Scan(ctx context.Context) ([]pool.Image, error)
	// Open returns a tarball for an engine's load that holds the image without its
	// lowest skip layers, which the engine has. The caller closes it.
	Open(ctx context.Context, imageID string, skip int) (io.ReadCloser, pool.Shipment, error)
	// Watch calls changed after the directory has changed and settled, until ctx ends.
	Watch(ctx context.Context, changed func()) error
	// Remove removes the file that holds an image, or the file of that name.
	// None there is a *pool.Error with CodeNotFound.
	Remove(ctx context.Context, imageOrFile string) error
}

// Registry brings images from registries into the image directory.
type Registry interface {
	// Pull brings one whole or not at all and returns its file's name. progress is
	// called, often, with bytes so far and in all. A *pool.Error is what a person is to read.
	Pull(ctx context.Context, reference, platform string, progress func(got, total int64)) (file string, err error)
}

// Store keeps the durable records.
type Store interface {
	Load(ctx context.Context) (pool.Records, error)
	// Save stores all changes durably, or none. Concurrent calls share an fsync.
	Save(ctx context.Context, changes pool.Changes) error
}

// Routes is the proxy's data plane.
type Routes interface {
	// Publish replaces the table. Once it is in force wherever notebooks are served,
	// which it is at once where that is this process, live is closed. Open connections
	// of routes and sessions that are no longer in it are closed. The table is not
	// written to afterwards.
	Publish(table *pool.RouteTable) (live <-chan struct{})
}
