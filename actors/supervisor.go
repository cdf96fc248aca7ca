package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/rs/zerolog"

	"dockerdriver/actors/pool"
)

// supervisor is the PoolSupervisor: parent of every other actor, and the one
// applier of policy. Its memory is a cache of the store: after a restart it
// reads all again. Its Receive never waits.
type supervisor struct {
	deps   *deps
	log    zerolog.Logger
	fx     *effects
	closed bool
	loaded bool
	ready  func(error) // tells Start once that routes are published

	hosts         map[string]*pool.Host
	instances     map[string]*pool.Instance
	blueprints    map[string]*pool.Blueprint
	variables     map[string]pool.Variable
	settings      pool.Settings
	announcements map[string]*pool.Announcement
	images        []pool.Image
	scanned       bool                 // the image directory has been read once
	early         []early              // what came before that
	pushes        map[string]pool.Push // by pushKey; one that waits and has no actor has not begun
	pushSince     map[string]time.Time // by pushKey: since when one waits to begin
	pulls         []pool.Pull          // newest first; in memory only
	ours          map[string]bool      // ids of images that were pushed since the start
	roomFor       map[string]uint64    // by pushKey: the timer of a host that makes room for a push

	kids     map[string]*kid // by key
	keyOf    map[string]string
	setAside map[string]pool.SetAside

	launching map[string]*pool.Instance // stored in this moment: they count against limits
	assigned  map[string]string         // reservations not yet in the instance's record: instance → host
	waiting   map[string]pool.Queue     // what the last plan said of those that queue
	ending    map[string]*ending        // ends asked for, until they are stored
	handBacks map[string]*handBack      // hosts to go by hand, until that is stored
	releasing map[string]bool           // hosts told to go, whose record does not say so yet
	wanting   map[string][]string       // by pushKey: instances that wait for it
	writes    []func(actor.Context)     // settings are written one after another
	writing   bool

	usesToShow []string // ids of instances whose use is not shown yet
	showsUses  bool     // it was shown a moment ago, or will be

	pauseFails int
	resumeAt   uint64                // the timer at a pause's end
	strays     map[string]pool.Stray // by kind and id: what the cloud's last list showed of ours without a record
	listing    bool                  // the cloud is being asked for its lists
	listAgain  uint64                // the timer of the next time
	listedAt   time.Time             // when it was last asked with success
	listFault  string                // why it could not be asked the last time

	deadline   time.Time // of shutdown mode, that deadlineAt waits for
	deadlineAt uint64
	emptySince time.Time // nothing of the pool is left outside; zero: something is
	sweptFor   time.Time // the emptySince for which the cloud was asked at once

	dirBell          *bell // of changes in the image directory
	scanning, rescan bool  // an image scan is under way, another one is wanted after it
	scanFails        int
	scanRetry        uint64

	status    pool.Status
	told      pool.Status // as subscribers know it
	decisions []pool.Decision
	revision  uint64
	replanned bool // a replan is in the mailbox already
}

func newSupervisor(d *deps, ready func(error)) *supervisor {
	log := d.log.With().Str("actor", "supervisor").Logger()
	return &supervisor{
		deps: d, log: log, fx: newEffects(log, d.trial), ready: ready,
		hosts: map[string]*pool.Host{}, instances: map[string]*pool.Instance{},
		blueprints: map[string]*pool.Blueprint{}, variables: map[string]pool.Variable{}, announcements: map[string]*pool.Announcement{},
		pushes: map[string]pool.Push{}, pushSince: map[string]time.Time{}, ours: map[string]bool{}, roomFor: map[string]uint64{}, kids: map[string]*kid{}, keyOf: map[string]string{},
		setAside: map[string]pool.SetAside{}, launching: map[string]*pool.Instance{},
		assigned: map[string]string{}, waiting: map[string]pool.Queue{},
		ending: map[string]*ending{}, handBacks: map[string]*handBack{}, releasing: map[string]bool{}, wanting: map[string][]string{}, strays: map[string]pool.Stray{},
		revision: d.view.Load().Revision, // a supervisor that came back goes on counting
	}
}

// Receive is the mailbox.
func (s *supervisor) Receive(c actor.Context) {
	if s.closed || s.fx.handle(c) {
		return
	}
	switch m := c.Message().(type) {
	case *actor.Started:
		s.load(c, 1)
		return
	case *actor.Stopping:
		s.closed = true
		s.fx.close()
		return
	case *actor.Terminated:
		s.kidGone(c, m.Who)
		return
	}
	if !s.loaded {
		return // whoever asks has a time limit
	}
	if s.asked(c) || s.toldOfImages(c) || s.toldOfUse(c) {
		return
	}
	switch m := c.Message().(type) {
	case setRoute, dropRoute, mint, redeem, revoke:
		s.forward(c, proxyKey)
	case subscribe, unsubscribe:
		s.forward(c, feedKey)
	case instanceChanged:
		s.instanceChanged(c, m.record)
	case amended:
		reply(c, m.to, m.record, m.err)
	case hostChanged:
		s.hostChanged(c, m.record)
	case hostContainers:
		s.compare(c, m)
	case hostEvent:
		s.tell(c, instanceKey(m.event.InstanceID), containerEvent{m.event})
	case engineFault:
		s.tell(c, hostKey(m.hostID), m)
	case cloudFault:
		s.pause(c, m)
	case cloudWorks:
		s.resume(c)
	case reconcileTick:
		s.tick(c)
	case replan:
		s.replan(c)
	}
}

// toldOfImages takes what is told and asked of images by the supervisor's children
// and the image directory; it returns false for any other message.
func (s *supervisor) toldOfImages(c actor.Context) bool {
	switch m := c.Message().(type) {
	case needImage:
		s.onceScanned(c, loadLimit, func(c actor.Context) { s.needImage(c, m) })
	case diskWants:
		s.onceScanned(c, askLimit, func(c actor.Context) { s.diskWants(c, m) })
	case imagesCollected:
		s.imagesCollected(c, m)
	case roomMade:
		s.roomMade(c, m)
	case pushChanged:
		s.noteOurs(m.push)
		s.pushChanged(c, m.push)
	case pullChanged:
		s.pullChanged(c, m.pull)
	case wantImages:
		s.onceScanned(c, loadLimit, func(c actor.Context) { s.settleImages(c, m.hostID) })
	case imagesChanged:
		s.dirBell.heard()
		s.scanImages(c)
	default:
		return false
	}
	return true
}

// asked takes what the Client asks for; it returns false for any other message.
func (s *supervisor) asked(c actor.Context) bool {
	switch m := c.Message().(type) {
	case launch:
		to := c.Sender()
		s.onceScanned(c, askLimit, func(c actor.Context) { s.launch(c, to, m) })
	case endInstance:
		s.endInstance(c, m)
	case amendInstance:
		s.amendInstance(c, m)
	case putBlueprint:
		to := c.Sender()
		s.onceScanned(c, askLimit, func(c actor.Context) {
			s.queueWrite(c, to, func(c actor.Context) { s.putBlueprint(c, to, m) })
		})
	case deleteBlueprint:
		to := c.Sender()
		s.queueWrite(c, to, func(c actor.Context) { s.deleteBlueprint(c, to, m) })
	case setVariable:
		to := c.Sender()
		s.queueWrite(c, to, func(c actor.Context) { s.setVariable(c, to, m) })
	case drainPool:
		to := c.Sender()
		s.queueWrite(c, to, func(c actor.Context) { s.drainPool(c, to, m) })
	case resumePool:
		to := c.Sender()
		s.queueWrite(c, to, func(c actor.Context) { s.resumePool(c, to, m) })
	case retireHost:
		s.retireHost(c, m)
	case releaseHost:
		s.releaseHost(c, m)
	case releaseStray:
		s.releaseStray(c, m)
	case pushImage:
		to := c.Sender()
		s.onceScanned(c, askLimit, func(c actor.Context) { s.pushImage(c, to, m) })
	case removeImage:
		to := c.Sender()
		s.onceScanned(c, askLimit, func(c actor.Context) {
			s.queueWrite(c, to, func(c actor.Context) { s.removeImage(c, to, m) })
		})
	case pullImage:
		s.pullImage(c, m)
	case cancelPull:
		s.cancelPull(c, m)
	case tryAgain:
		s.takeUpAsked(c, m)
	default:
		return s.askedToAnnounce(c)
	}
	return true
}

// load reads the store until it succeeds; the first success completes Start.
func (s *supervisor) load(c actor.Context, attempt int) {
	run(s.fx, c, 2*saveLimit, s.deps.Store.Load, func(c actor.Context, r pool.Records, err error) {
		if err != nil {
			s.log.Error().Err(err).Int("attempt", attempt).Msg("cannot load records")
			s.ready(err)
			s.fx.later(c, backoff(attempt, time.Second, time.Minute), func(c actor.Context) { s.load(c, attempt+1) })
			return
		}
		s.begin(c, r)
	})
}

// begin takes over what the store holds. The route table comes first: when
// Start returns, running notebooks can be reached.
func (s *supervisor) begin(c actor.Context, r pool.Records) {
	if s.deps.installation == "" { // effects of an earlier incarnation may still read it
		s.deps.installation = r.Installation
	}
	for _, b := range r.Blueprints {
		s.blueprints[b.ID] = &b
	}
	for _, a := range r.Announcements {
		s.announcements[a.ID] = &a
	}
	for _, v := range r.Variables {
		s.variables[v.Key] = v
	}
	s.takeSettings()
	for _, h := range r.Hosts {
		s.hosts[h.ID] = &h
	}
	for _, i := range r.Instances {
		s.instances[i.ID] = &i
	}
	s.loaded = true
	s.spawnFeed(c)
	s.spawnProxy(c, r.Sessions)
	for id := range s.hosts {
		s.spawnHost(c, id)
	}
	for id, i := range s.instances {
		if i.State.Live() {
			s.spawnInstance(c, id)
		}
	}
	s.log.Info().Int("hosts", len(s.hosts)).Int("instances", len(s.instances)).Int("routes", len(s.routes())).Msg("records loaded")
	s.updateStatus()
	s.publishView()
	s.watchImages(c)
	s.scanImages(c)
	s.armTick(c)
	if s.rented() {
		s.listThings(c)
	}
	s.wantReplan(c)
	s.ready(nil)
}

// routes of running instances, as the records tell them.
func (s *supervisor) routes() map[string]pool.Route {
	routes := map[string]pool.Route{}
	for _, i := range s.instances {
		if i.State == pool.InstanceRunning && i.Target != "" {
			routes[i.Label] = routeOf(*i)
		}
	}
	return routes
}
