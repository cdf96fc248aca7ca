package actors

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/rs/zerolog"

	"dockerdriver/actors/pool"
)

// Bounds of what the Proxy remembers.
const (
	maxTickets             = 10_000
	maxSessionsPerInstance = 32 // browsers of one notebook; the oldest goes first
)

// proxy is the only writer of the route table and the owner of browser
// sessions. The data plane reads the published table and never waits for it.
type proxy struct {
	deps   *deps
	log    zerolog.Logger
	fx     *effects
	closed bool

	routes   map[string]pool.Route
	sessions map[string]pool.NotebookSession
	entering map[string]pool.NotebookSession // being stored; taken out again when revoked meanwhile
	stale    []string
	ended    map[string]ended  // by label; in memory only
	tickets  map[string]ticket // by hash of the secret; void after a restart, which is harmless
}

type ticket struct {
	pool.TicketRequest
	label     string
	expiresAt time.Time
}

// newProxy begins with the routes of running instances and their stored
// sessions, and erases the stale ones, whose instances have ended.
func newProxy(d *deps, routes map[string]pool.Route, sessions map[string]pool.NotebookSession, stale []string) *proxy {
	log := d.log.With().Str("actor", "proxy").Logger()
	return &proxy{deps: d, log: log, fx: newEffects(log, d.trial), routes: routes, sessions: sessions, stale: stale, entering: map[string]pool.NotebookSession{}, ended: map[string]ended{}, tickets: map[string]ticket{}}
}

// Receive is the mailbox.
func (p *proxy) Receive(c actor.Context) {
	if p.closed || p.fx.handle(c) {
		return
	}
	switch m := c.Message().(type) {
	case *actor.Started:
		p.publish()
		p.erase(c, p.stale, 1, func(actor.Context) { p.stale = nil })
	case *actor.Stopping:
		p.closed = true
		p.fx.close()
	case setRoute:
		p.routes[m.route.Label] = m.route
		p.tell(c, p.publish(), c.Sender(), routeUp{m.route.Label})
	case dropRoute:
		p.dropRoute(c, m)
	case mint:
		p.mint(c, m)
	case redeem:
		p.redeem(c, m)
	case revoke:
		p.revoke(c, m.which)
	}
}

// publish hands the data plane a table that nobody writes to any more.
func (p *proxy) publish() (live <-chan struct{}) {
	return p.deps.Routes.Publish(&pool.RouteTable{Routes: maps.Clone(p.routes), Sessions: maps.Clone(p.sessions), Ended: p.endedRoutes()})
}

// whenLive goes on once a published table is in force: at once where this very
// process serves notebooks. A data plane that does not say so in time is the
// port's to drop; nobody waits for it longer.
func (p *proxy) whenLive(c actor.Context, live <-chan struct{}, then func(actor.Context)) {
	select {
	case <-live:
		then(c)
		return
	default:
	}
	run(p.fx, c, liveLimit, func(ctx context.Context) (struct{}, error) {
		select {
		case <-live:
			return struct{}{}, nil
		case <-ctx.Done():
			return struct{}{}, ctx.Err()
		}
	}, func(c actor.Context, _ struct{}, err error) {
		if err != nil {
			p.log.Warn().Err(err).Msg("a notebook proxy has not taken the route table in time")
		}
		then(c)
	})
}

// tell answers who asked, if somebody did, once the table is in force.
func (p *proxy) tell(c actor.Context, live <-chan struct{}, to *actor.PID, what any) {
	if to != nil {
		p.whenLive(c, live, func(c actor.Context) { c.Send(to, what) })
	}
}

func (p *proxy) dropRoute(c actor.Context, m dropRoute) {
	route, routed := p.routes[m.label]
	if !routed && c.Sender() == nil {
		return // the supervisor makes sure, and it was so
	}
	if routed && m.why != "" {
		p.noteEnd(route, m.why)
	}
	delete(p.routes, m.label)
	gone := p.forget(func(s pool.NotebookSession) bool { return s.InstanceID == m.instanceID })
	p.tell(c, p.publish(), c.Sender(), routeGone{m.label})
	p.erase(c, gone, 1, func(actor.Context) {})
}

// forget takes sessions, and tickets for more of them, out of the next table, and
// returns what is to be erased from the store. One that stays there by a crash is
// dropped at the next start if its instance no longer runs.
func (p *proxy) forget(which func(pool.NotebookSession) bool) (gone []string) {
	for hash, s := range p.sessions {
		if which(s) {
			gone = append(gone, hash)
			delete(p.sessions, hash)
		}
	}
	maps.DeleteFunc(p.entering, func(_ string, s pool.NotebookSession) bool { return which(s) })
	maps.DeleteFunc(p.tickets, func(_ string, t ticket) bool {
		return which(pool.NotebookSession{InstanceID: t.InstanceID, UserID: t.User.ID, Login: t.Login})
	})
	return gone
}

// erase removes sessions from the store, however long it takes, then calls erased.
func (p *proxy) erase(c actor.Context, gone []string, attempt int, erased func(actor.Context)) {
	if len(gone) == 0 {
		erased(c)
		return
	}
	run(p.fx, c, saveLimit, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, p.deps.Store.Save(ctx, pool.Changes{GoneSessions: gone})
	}, func(c actor.Context, _ struct{}, err error) {
		if err != nil {
			p.log.Error().Err(err).Int("attempt", attempt).Msg("cannot erase notebook sessions")
			p.fx.later(c, backoff(attempt, time.Second, time.Minute), func(c actor.Context) { p.erase(c, gone, attempt+1, erased) })
			return
		}
		erased(c)
	})
}

func (p *proxy) mint(c actor.Context, m mint) {
	now := time.Now()
	maps.DeleteFunc(p.tickets, func(_ string, t ticket) bool { return now.After(t.expiresAt) })
	if _, ok := p.routes[m.label]; !ok {
		c.Respond(answer{err: notRunning})
		return
	}
	if len(p.tickets) >= maxTickets {
		c.Respond(answer{err: pool.Refuse(pool.CodeRateLimited, "Too many notebooks are being opened at this moment.", "Try again in half a minute.")})
		return
	}
	expires := now.Add(pool.TicketLifetime)
	p.tickets[m.secretHash] = ticket{TicketRequest: m.request, label: m.label, expiresAt: expires}
	c.Respond(answer{val: expires})
}

var (
	notRunning = pool.Refuse(pool.CodeNotRunning, "The notebook is not running.", "Wait until it runs, or launch it again.")
	badTicket  = pool.Refuse(pool.CodeTicketInvalid, "This link was used already, is too old, or belongs to another browser.", "Go back and press Open in browser again.")
)

// redeem turns a ticket into a session, once: the ticket is gone whatever follows.
func (p *proxy) redeem(c actor.Context, m redeem) {
	t, known := p.tickets[m.secretHash]
	delete(p.tickets, m.secretHash)
	route, routed := p.routes[m.label]
	fits := known && routed && t.label == m.label && t.InstanceID == route.InstanceID &&
		!time.Now().After(t.expiresAt) && (t.Browser == "" || t.Browser == m.browser)
	if !fits {
		c.Respond(answer{err: badTicket})
		return
	}
	session := pool.NotebookSession{
		CookieHash: m.cookieHash, InstanceID: t.InstanceID, UserID: t.User.ID, Login: t.Login, CreatedAt: time.Now(),
	}
	to := c.Sender()
	surplus := p.surplus(t.InstanceID)
	p.entering[session.CookieHash] = session
	run(p.fx, c, saveLimit, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, p.deps.Store.Save(ctx, pool.Changes{Sessions: []pool.NotebookSession{session}, GoneSessions: surplus})
	}, func(c actor.Context, _ struct{}, err error) {
		switch {
		case pool.CodeOf(err) == pool.CodeDiskFull: // a restart forgets it: its owner is let in anew then
			p.log.Warn().Err(err).Str("instance", session.InstanceID).Msg("notebook's session is not stored")
			err = p.enter(c, session, surplus)
		case err != nil:
			p.log.Error().Err(err).Str("instance", session.InstanceID).Msg("cannot store notebook session")
			err = inWords(err, notStored)
		default:
			err = p.enter(c, session, surplus)
		}
		delete(p.entering, session.CookieHash)
		if err != nil {
			c.Send(to, answer{err: err})
			return
		}
		p.tell(c, p.publish(), to, answer{})
	})
}

// enter opens the next table to a session, unless it was revoked while it
// was being stored.
func (p *proxy) enter(c actor.Context, session pool.NotebookSession, surplus []string) error {
	if _, still := p.entering[session.CookieHash]; !still {
		p.erase(c, []string{session.CookieHash}, 1, func(actor.Context) {})
		return badTicket
	}
	for _, hash := range surplus {
		delete(p.sessions, hash)
	}
	p.sessions[session.CookieHash] = session
	p.log.Info().Str("instance", session.InstanceID).Str("user", session.UserID).Msg("notebook opened")
	return nil
}

// surplus names the oldest sessions of an instance that make room for one more.
func (p *proxy) surplus(instanceID string) []string {
	var own []pool.NotebookSession
	for _, s := range p.sessions {
		if s.InstanceID == instanceID {
			own = append(own, s)
		}
	}
	slices.SortFunc(own, func(a, b pool.NotebookSession) int { return a.CreatedAt.Compare(b.CreatedAt) })
	var hashes []string
	for n := 0; n <= len(own)-maxSessionsPerInstance; n++ {
		hashes = append(hashes, own[n].CookieHash)
	}
	return hashes
}

// revoke answers when a crash could not bring the sessions back.
func (p *proxy) revoke(c actor.Context, which pool.Revocation) {
	to := c.Sender()
	fits := func(want, have string) bool { return want == "" || want == have }
	if which == (pool.Revocation{}) {
		reply(c, to, nil, nil)
		return
	}
	revoked := func(s pool.NotebookSession) bool {
		return fits(which.InstanceID, s.InstanceID) && fits(which.UserID, s.UserID) && fits(which.Login, s.Login)
	}
	p.forgetEnded(revoked)
	gone := p.forget(revoked)
	live := p.publish()
	p.erase(c, gone, 1, func(c actor.Context) { p.tell(c, live, to, answer{}) })
}
