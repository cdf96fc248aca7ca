package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"dockerdriver/actors/pool"
)

// Every message of the tree, by receiver. They are plain values; a pointer in
// one is to something immutable. None holds a ticket or a cookie, only hashes
// of them: the library logs whole messages as dead letters. Those that hold a
// record, and with it an instance's password, are kept out of that log.

// answer is the reply to an ask: a value, or an error for the caller.
type answer struct {
	val any
	err error
}

func (answer) IgnoreDeadLetterLogging() {}

// reply answers who asked, if somebody did.
func reply(c actor.Context, to *actor.PID, val any, err error) {
	if to != nil {
		c.Send(to, answer{val: val, err: err})
	}
}

// To the PoolSupervisor, from the Client.
type (
	launch struct {
		by          pool.User
		blueprintID string
		test        bool // also of one that is not active
	}
	endInstance struct {
		by         pool.User
		instanceID string
		reason     string
	}
	amendInstance struct {
		by         pool.User
		instanceID string
		what       amendment
	}
	putBlueprint struct {
		by        pool.User
		blueprint pool.Blueprint
		ifVersion int
	}
	deleteBlueprint struct {
		by        pool.User
		id        string
		ifVersion int
	}
	putAnnouncement struct {
		by           pool.User
		announcement pool.Announcement
		ifVersion    int
	}
	removeAnnouncement struct {
		by        pool.User
		id        string
		ifVersion int
	}
	setVariable struct {
		by         pool.User
		key, value string
		ifVersion  int
	}
	drainPool struct {
		by       pool.User
		deadline *time.Time // nil: as it is; zero: none
	}
	resumePool struct{ by pool.User }
	retireHost struct {
		by pool.User
		id string
	}
	releaseHost struct {
		by pool.User
		id string
	}
	// releaseStray releases what no record speaks for, by the cloud's id.
	releaseStray struct {
		by pool.User
		id string
	}
	pushImage struct {
		by      pool.User
		imageID string
		hostIDs []string // none: all active ones
	}
	removeImage struct {
		by          pool.User
		imageOrFile string
	}
	pullImage struct {
		by                  pool.User
		reference, platform string
	}
	// used tells which instances were used, and when last.
	used struct{ when map[string]time.Time }
	// unwatched tells, also an Instance, that use may have been missed until now.
	unwatched  struct{}
	cancelPull struct {
		by pool.User
		id string
	}
	// tryAgain respawns an actor that was set aside.
	tryAgain struct {
		by    pool.User
		actor string
	}
)

// An environment may hold secrets.
func (putBlueprint) IgnoreDeadLetterLogging() {}

// To the PoolSupervisor, from its children. A child reports its end; the
// supervisor gives it the pill (protoactor.md, trap 1).
type (
	instanceChanged struct{ record pool.Instance }
	// instanceUsed is a record in which nothing is new but when it was used; it is
	// shown with those of others.
	instanceUsed struct{ record pool.Instance }
	showUses     struct{}
	// amended answers amend; what is new in the record was told before.
	amended struct {
		to     *actor.PID
		record pool.Instance
		err    error
	}
	hostChanged struct{ record pool.Host }
	// hostContainers is what a host's engine holds, asked for at a time before
	// which nothing is concluded from absence.
	hostContainers struct {
		hostID     string
		asked      time.Time
		containers []pool.Container
	}
	hostEvent struct {
		hostID string
		event  pool.ContainerEvent
	}
	needImage struct {
		instanceID string // empty: nobody waits for it
		hostID     string
		imageID    string
	}
	pushChanged struct{ push pool.Push }
	pullChanged struct{ pull pool.Pull }
	// wantImages asks for the images that active blueprints and the queue need on a
	// host that is being prepared; answered with imagesThere.
	wantImages struct{ hostID string }
	// diskWants asks what must stay on a host's engine, whose disk is tight; answered
	// with diskNeeds.
	diskWants struct{ hostID string }
	// imagesCollected tells which images a host has removed from its engine.
	imagesCollected struct {
		hostID string
		ids    []string
	}
	// roomMade answers makeRoom: the disk as it was last seen, zero: never.
	roomMade struct {
		hostID, imageID string
		disk            pool.Disk
	}
	// engineFault is what an instance met at a host's engine. It goes on to the Host.
	engineFault struct {
		hostID string
		words  string
	}
	// cloudFault is why a host could not be built, for good where givenUp names it.
	cloudFault struct {
		code    pool.Code
		words   string
		givenUp string
	}
	cloudWorks struct{} // one has become active: whatever was wrong is over
)

func (instanceChanged) IgnoreDeadLetterLogging() {}
func (amended) IgnoreDeadLetterLogging()         {}

// IgnoreDeadLetterLogging keeps records, and so secrets, out of the log.
func (instanceUsed) IgnoreDeadLetterLogging() {}

// To the PoolSupervisor, from itself.
type (
	reconcileTick struct{}
	replan        struct{}
	imagesChanged struct{}
)

// To an Instance, from the supervisor.
type (
	assign struct{ host pool.Host } // its slots are reserved there
	// requeue takes a placement back: the pool drains before the image was there.
	requeue    struct{}
	imageReady struct{ imageID string }
	imageFault struct{ failure pool.Failure }
	// pinned replaces a digest that is gone from the image directory, before
	// anything was made of it; unpinned says that its tag names nothing any more.
	pinned   struct{ from, to string }
	unpinned struct{ failure pool.Failure }
	end      struct{ reason string }
	// amend changes the record; who asked is answered through the supervisor, until
	// when they wait.
	amend struct {
		to     *actor.PID
		userID string
		until  time.Time
		what   amendment
	}
	// seen is what the host's engine said, when it was asked, of the instance's
	// container; gone means that the engine did not have it.
	seen struct {
		asked     time.Time
		container pool.Container
		gone      bool
	}
	containerEvent struct{ event pool.ContainerEvent }
	// look is the slow tick: is the deadline over? It tells what the supervisor knows,
	// so that it is told again what it did not hear.
	look struct {
		now   time.Time
		known *pool.Instance
		host  pool.Host // zero: it has none, or that is gone
	}
	// usedAt tells when a person last used it.
	usedAt    struct{ at time.Time }
	reroute   struct{}               // the Proxy came back without what it was told last
	routeUp   struct{ label string } // the Proxy serves it
	routeGone struct{ label string } // the Proxy refuses it
	moved     struct{ host pool.Host }
	hostLost  struct{ words string } // its host is given up
)

// To a Host, from the supervisor.
type (
	// observe is the slow tick: list the engine's containers and report them. It tells
	// what the supervisor knows, so that it is told again what it did not hear.
	observe     struct{ known *pool.Host }
	deactivate  struct{ stage string }
	reactivate  struct{}
	startClock  struct{} // its lifetime begins
	imagesThere struct{} // every image that it was to have is there, or cannot be had
	missing     struct{} // the cloud's list does not show its machine
	release     struct{}
	// makeRoom asks for so many bytes free on the engine's disk, for an image;
	// answered with roomMade, whether there are or not.
	makeRoom struct {
		imageID string
		need    int64
	}
	// diskNeeds tells which images must stay on the engine, by id and by tag, and
	// which are ours on a machine that was there before us.
	diskNeeds   struct{ needed, keptTags, ours map[string]bool }
	removeStray struct{ containerID string }
	// noted is what the cloud has made so far, from the host's own build; stored is
	// called, perhaps again, once it is stored.
	noted struct {
		made   pool.CloudResources
		stored func()
	}
)

// transferMoved tells an ImagePush, from its own transfer, that a new step has begun.
type transferMoved struct{}

// IgnoreDeadLetterLogging keeps steps of cancelled pushes out of the log.
func (transferMoved) IgnoreDeadLetterLogging() {}

// To the Proxy. Asked by instances and, for mint, redeem and revoke, by the
// Client; each is answered with an answer.
type (
	setRoute  struct{ route pool.Route }
	dropRoute struct {
		label, instanceID string
		why               string // the notebook ended, in words for its owner; empty: it has not
	}
	mint struct {
		request    pool.TicketRequest
		label      string
		secretHash string
	}
	redeem struct {
		label, secretHash, browser, cookieHash string
	}
	revoke struct{ which pool.Revocation }
)

func (setRoute) IgnoreDeadLetterLogging() {}

// To the Feed.
type (
	publish   struct{ event pool.Event }
	subscribe struct {
		id    uint64
		after uint64
		to    chan pool.Event
	}
	unsubscribe struct{ id uint64 }
)

func (publish) IgnoreDeadLetterLogging() {}
