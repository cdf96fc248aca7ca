package actors

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"dockerdriver/actors/pool"
)

// Client is the only door into the tree. All its methods may be called at once
// from any goroutine. Errors that a person is to read are *pool.Error.
type Client struct {
	deps  *deps
	root  *actor.RootContext
	super *atomic.Pointer[actor.PID]
	ended chan struct{}
}

var unavailable = pool.Refuse(pool.CodeUnavailable, "The server did not answer in time.", "Try again in a few seconds; look whether it happened meanwhile.")

// ask sends a question to the supervisor and waits, at most until ctx ends or
// askLimit is over. The question may be carried out all the same.
func ask[T any](ctx context.Context, cl *Client, question any) (T, error) {
	var none T
	limit := askLimit
	if deadline, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(deadline))
	}
	pid := cl.super.Load()
	if pid == nil || limit <= 0 {
		return none, unavailable
	}
	reply, err := cl.root.RequestFuture(pid, question, limit).Result()
	if errors.Is(err, actor.ErrTimeout) || errors.Is(err, actor.ErrDeadLetter) {
		return none, unavailable
	}
	if err != nil {
		return none, err
	}
	a, ok := reply.(answer)
	if !ok {
		return none, unavailable
	}
	val, _ := a.val.(T)
	return val, a.err
}

// Snapshot returns the newest view. It never waits.
func (cl *Client) Snapshot() *pool.View { return cl.deps.view.Load() }

// Launch takes a launch: it returns once the intent is stored, with the
// instance queueing.
func (cl *Client) Launch(ctx context.Context, by pool.User, blueprintID string) (pool.Instance, error) {
	return ask[pool.Instance](ctx, cl, launch{by: by, blueprintID: blueprintID})
}

// TestLaunch is Launch by an administrator of a blueprint that need not be active.
func (cl *Client) TestLaunch(ctx context.Context, by pool.User, blueprintID string) (pool.Instance, error) {
	return ask[pool.Instance](ctx, cl, launch{by: by, blueprintID: blueprintID, test: true})
}

// EndInstance begins an instance's end: it returns once its route is closed
// and the intent is stored. One that ends or has ended is success.
func (cl *Client) EndInstance(ctx context.Context, by pool.User, instanceID, reason string) (pool.Instance, error) {
	return ask[pool.Instance](ctx, cl, endInstance{by: by, instanceID: instanceID, reason: reason})
}

// ExtendInstance prolongs a running instance's lifetime: it begins anew, as far as
// its blueprint's maximum_extension allows. CodeConflict: it is at its latest end, or
// cannot be extended; CodeShutdownMode: nothing is extended.
func (cl *Client) ExtendInstance(ctx context.Context, by pool.User, instanceID string) (pool.Instance, error) {
	return ask[pool.Instance](ctx, cl, amendInstance{by: by, instanceID: instanceID, what: extension{}})
}

// VisitInstance notes in a running instance's record that an administrator is let
// in, and why; a reason is what pool.VisitReason returned. CodeNotRunning: nobody
// can be let in. It comes before the way in: what is not noted does not happen.
func (cl *Client) VisitInstance(ctx context.Context, by pool.User, instanceID, reason string) (pool.Instance, error) {
	return ask[pool.Instance](ctx, cl, amendInstance{by: by, instanceID: instanceID, what: visit{pool.Visit{UserID: by.ID, Reason: reason}}})
}

// Used tells which instances people used, and when last. It does not wait.
func (cl *Client) Used(when map[string]time.Time) {
	if pid := cl.super.Load(); pid != nil {
		cl.root.Send(pid, used{when})
	}
}

// Unwatched tells that nobody may have noted use until now: a data plane came
// or went. What may have been missed counts as use. It does not wait.
func (cl *Client) Unwatched() {
	if pid := cl.super.Load(); pid != nil {
		cl.root.Send(pid, unwatched{})
	}
}

// PutBlueprint creates (no ID) or replaces a blueprint. With ifVersion other
// than 0 it replaces that version only, else CodeEditConflict.
func (cl *Client) PutBlueprint(ctx context.Context, by pool.User, b pool.Blueprint, ifVersion int) (pool.Blueprint, error) {
	return ask[pool.Blueprint](ctx, cl, putBlueprint{by: by, blueprint: b, ifVersion: ifVersion})
}

// Drain begins shutdown mode. A deadline says when what is left is ended: in the
// past means now, zero means never, and nil leaves the one that is set. When it
// returns, the mode is stored, and the view tells what is waited for.
func (cl *Client) Drain(ctx context.Context, by pool.User, deadline *time.Time) error {
	_, err := ask[struct{}](ctx, cl, drainPool{by: by, deadline: deadline})
	return err
}

// Resume takes shutdown mode back: hosts that are still there serve again.
func (cl *Client) Resume(ctx context.Context, by pool.User) error {
	_, err := ask[struct{}](ctx, cl, resumePool{by: by})
	return err
}

// DeleteBlueprint removes a blueprint that no live instance uses.
func (cl *Client) DeleteBlueprint(ctx context.Context, by pool.User, id string, ifVersion int) error {
	_, err := ask[struct{}](ctx, cl, deleteBlueprint{by: by, id: id, ifVersion: ifVersion})
	return err
}

// PutAnnouncement creates (no ID) or replaces an announcement, and everybody sees it.
// With ifVersion other than 0 it replaces that version only, else CodeEditConflict.
func (cl *Client) PutAnnouncement(ctx context.Context, by pool.User, a pool.Announcement, ifVersion int) (pool.Announcement, error) {
	return ask[pool.Announcement](ctx, cl, putAnnouncement{by: by, announcement: a, ifVersion: ifVersion})
}

// RemoveAnnouncement takes an announcement away.
func (cl *Client) RemoveAnnouncement(ctx context.Context, by pool.User, id string, ifVersion int) error {
	_, err := ask[struct{}](ctx, cl, removeAnnouncement{by: by, id: id, ifVersion: ifVersion})
	return err
}

// SetVariable changes a variable; it is effective when this returns.
func (cl *Client) SetVariable(ctx context.Context, by pool.User, key, value string, ifVersion int) (pool.Variable, error) {
	return ask[pool.Variable](ctx, cl, setVariable{by: by, key: key, value: value, ifVersion: ifVersion})
}

// RetireHost lets a host take no more instances: it is released when the last
// one on it has ended.
func (cl *Client) RetireHost(ctx context.Context, by pool.User, id string) (pool.Host, error) {
	return ask[pool.Host](ctx, cl, retireHost{by: by, id: id})
}

// ReleaseHost retires a host and ends the instances on it now. One whose release
// is stuck is tried again at once.
func (cl *Client) ReleaseHost(ctx context.Context, by pool.User, id string) (pool.Host, error) {
	return ask[pool.Host](ctx, cl, releaseHost{by: by, id: id})
}

// ReleaseStray begins the release of what the cloud holds of ours without a record,
// by the cloud's id, with all that was made for the same host; it returns the host
// that they are released as. CodeNotFound: it is gone, or not ours; CodeConflict: a
// record owns it, or its mark names no host.
func (cl *Client) ReleaseStray(ctx context.Context, by pool.User, id string) (pool.Host, error) {
	return ask[pool.Host](ctx, cl, releaseStray{by: by, id: id})
}

// PushImage brings an image to hosts, anew where it failed; none named means all
// that are active. It returns when the pushes are to be seen in the View.
func (cl *Client) PushImage(ctx context.Context, by pool.User, imageID string, hostIDs []string) error {
	_, err := ask[struct{}](ctx, cl, pushImage{by: by, imageID: imageID, hostIDs: hostIDs})
	return err
}

// RemoveImage removes the file that holds an image, or the file of that name, from
// the image directory. CodeImageInUse: an active blueprint uses an image in it.
func (cl *Client) RemoveImage(ctx context.Context, by pool.User, imageOrFile string) error {
	_, err := ask[struct{}](ctx, cl, removeImage{by: by, imageOrFile: imageOrFile})
	return err
}

// PullImage begins a pull from a registry into the image directory, or finds the
// one of the same name that is under way. An empty platform is Linux on this
// machine's architecture. Pulls belong to the server, not to the pool: shutdown
// mode does not end them, the server's end does.
func (cl *Client) PullImage(ctx context.Context, by pool.User, reference, platform string) (pool.Pull, error) {
	return ask[pool.Pull](ctx, cl, pullImage{by: by, reference: reference, platform: platform})
}

// CancelPull ends a pull; nothing of it is left. One that has ended is success.
func (cl *Client) CancelPull(ctx context.Context, by pool.User, id string) error {
	_, err := ask[struct{}](ctx, cl, cancelPull{by: by, id: id})
	return err
}

// TryAgain respawns an actor that was set aside. CodeNotFound: it is not.
func (cl *Client) TryAgain(ctx context.Context, by pool.User, actor string) error {
	_, err := ask[struct{}](ctx, cl, tryAgain{by: by, actor: actor})
	return err
}

// Open makes a ticket for one browser's way into a running instance. The
// caller has checked that the user may.
func (cl *Client) Open(ctx context.Context, r pool.TicketRequest) (pool.Ticket, error) {
	i := cl.Snapshot().Instance(r.InstanceID)
	if i == nil {
		return pool.Ticket{}, noInstance
	}
	if i.State != pool.InstanceRunning {
		return pool.Ticket{}, notRunning
	}
	secret := rand.Text() + rand.Text() // 260 bits
	expires, err := ask[time.Time](ctx, cl, mint{request: r, label: i.Label, secretHash: hashOf(secret)})
	if err != nil {
		return pool.Ticket{}, err
	}
	return pool.Ticket{Secret: secret, Label: i.Label, ExpiresAt: expires}, nil
}

// Redeem exchanges a ticket, once, for the value of a session cookie.
func (cl *Client) Redeem(ctx context.Context, label, secret, browser string) (string, error) {
	cookie := rand.Text() + rand.Text()
	_, err := ask[struct{}](ctx, cl, redeem{label: label, secretHash: hashOf(secret), browser: browser, cookieHash: hashOf(cookie)})
	if err != nil {
		return "", err
	}
	return cookie, nil
}

// Revoke ends notebook sessions; their open connections are closed.
func (cl *Client) Revoke(ctx context.Context, which pool.Revocation) error {
	_, err := ask[struct{}](ctx, cl, revoke{which})
	return err
}

func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// Logs returns the last lines of an instance's output, straight from its
// engine. Without a container there are none.
func (cl *Client) Logs(ctx context.Context, instanceID string, lines int) ([]string, error) {
	view := cl.Snapshot()
	i := view.Instance(instanceID)
	if i == nil {
		return nil, noInstance
	}
	host := view.Host(i.HostID)
	if host == nil || i.ContainerID == "" || !i.State.Live() {
		if i.Failure != nil {
			return i.Failure.Log, nil
		}
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, logsLimit)
	defer cancel()
	engine, err := cl.deps.Engines.Engine(host.Endpoint)
	if err != nil {
		return nil, err
	}
	out, err := engine.Logs(ctx, i.ContainerID, lines)
	if err != nil {
		cl.deps.log.Warn().Err(err).Str("instance", i.ID).Msg("cannot read container log")
		return nil, pool.Refuse(pool.CodeUnavailable, "The log cannot be read at this moment.", "Try again in a few seconds.")
	}
	return out, nil
}

// consoleMargin is how many lines more than are shown are read of a console, so that a
// secret of several lines is known by its beginning.
const consoleMargin = 200

// Console returns the last lines of what a host's machine has written on its console,
// straight from the cloud: also of a host whose actor fails or rests.
func (cl *Client) Console(ctx context.Context, hostID string) (pool.Console, error) {
	host := cl.Snapshot().Host(hostID)
	if host == nil {
		return pool.Console{}, noHost
	}
	if cl.deps.Consoles == nil {
		return pool.Console{Missing: pool.ConsoleNone}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, consoleLimit)
	defer cancel()
	text, missing, err := cl.deps.Consoles.Console(ctx, *host, pool.ConsoleLines+consoleMargin)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return pool.Console{}, pool.Refuse(pool.CodeUnavailable, "The cloud did not answer in time, so the console cannot be read at this moment.", "Try again in a few seconds.")
	case err != nil:
		cl.deps.log.Warn().Err(err).Str("host", hostID).Msg("cannot read console")
		return pool.Console{}, pool.Refuse(pool.CodeUnavailable, "The console cannot be read at this moment: "+wordsOf(err), "Try again in a few seconds.")
	case missing != "":
		return pool.Console{Missing: missing}, nil
	}
	return pool.NewConsole(text, host.Plan.ExtraUserData), nil
}

var lastSubscriber atomic.Uint64

// Subscribe returns the events after an id (0: from now on); see
// pool.EventResync. The channel is closed when ctx or the system ends.
func (cl *Client) Subscribe(ctx context.Context, after uint64) (<-chan pool.Event, error) {
	id, to := lastSubscriber.Add(1), make(chan pool.Event, feedQueue)
	leave := func() {
		if pid := cl.super.Load(); pid != nil {
			cl.root.Send(pid, unsubscribe{id})
		}
	}
	if _, err := ask[struct{}](ctx, cl, subscribe{id: id, after: after, to: to}); err != nil {
		leave() // the question may be answered later
		return nil, err
	}
	out := make(chan pool.Event)
	go func() {
		defer close(out)
		defer leave()
		for {
			select {
			case e, open := <-to:
				if !open {
					return
				}
				select {
				case out <- e:
				case <-ctx.Done():
					return
				case <-cl.ended:
					return
				}
			case <-ctx.Done():
				return
			case <-cl.ended:
				return
			}
		}
	}()
	return out, nil
}
