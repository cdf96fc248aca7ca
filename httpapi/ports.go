package httpapi

import (
	"context"
	"time"

	"dockerdriver/actors/pool"
	"dockerdriver/httpapi/history"
)

// Views is what can be read of the pool.
type Views interface {
	Snapshot() *pool.View
	Subscribe(ctx context.Context, after uint64) (<-chan pool.Event, error)
	Logs(ctx context.Context, instanceID string, lines int) ([]string, error)
	// Console is what a host's machine wrote last, asked of the cloud.
	Console(ctx context.Context, hostID string) (pool.Console, error)
}

// Launcher starts, extends and ends instances, and notes who is let into them.
type Launcher interface {
	Launch(ctx context.Context, by pool.User, blueprintID string) (pool.Instance, error)
	// TestLaunch is Launch by an administrator of a blueprint that need not be active.
	TestLaunch(ctx context.Context, by pool.User, blueprintID string) (pool.Instance, error)
	ExtendInstance(ctx context.Context, by pool.User, instanceID string) (pool.Instance, error)
	VisitInstance(ctx context.Context, by pool.User, instanceID, reason string) (pool.Instance, error)
	EndInstance(ctx context.Context, by pool.User, instanceID, reason string) (pool.Instance, error)
}

// Pool begins shutdown mode and takes it back. A nil deadline leaves the one that
// is set; the zero time means none. It also tries an actor anew that was set aside, and
// releases what the cloud holds of ours without a record.
type Pool interface {
	Drain(ctx context.Context, by pool.User, deadline *time.Time) error
	Resume(ctx context.Context, by pool.User) error
	TryAgain(ctx context.Context, by pool.User, actor string) error
	ReleaseStray(ctx context.Context, by pool.User, id string) (pool.Host, error)
}

// Hosts gives notebook hosts back: when they are empty, or now.
type Hosts interface {
	RetireHost(ctx context.Context, by pool.User, id string) (pool.Host, error)
	ReleaseHost(ctx context.Context, by pool.User, id string) (pool.Host, error)
}

// Images changes what is in the image directory, and what hosts have of it.
type Images interface {
	// PushImage brings an image to hosts; none named means all that are active.
	PushImage(ctx context.Context, by pool.User, imageID string, hostIDs []string) error
	// RemoveImage removes the file that holds an image, or a file of that name.
	RemoveImage(ctx context.Context, by pool.User, imageOrFile string) error
	// PullImage begins a pull, or finds the one that is under way. An empty
	// platform means Linux on the server's architecture.
	PullImage(ctx context.Context, by pool.User, reference, platform string) (pool.Pull, error)
	CancelPull(ctx context.Context, by pool.User, id string) error
}

// Doorkeeper lets browsers into notebooks and throws them out.
type Doorkeeper interface {
	Open(ctx context.Context, req pool.TicketRequest) (pool.Ticket, error)
	Revoke(ctx context.Context, r pool.Revocation) error
}

// Settings changes blueprints and variables. A version of 0 is not compared.
type Settings interface {
	PutBlueprint(ctx context.Context, by pool.User, b pool.Blueprint, ifVersion int) (pool.Blueprint, error)
	DeleteBlueprint(ctx context.Context, by pool.User, id string, ifVersion int) error
	SetVariable(ctx context.Context, by pool.User, key, value string, ifVersion int) (pool.Variable, error)
	PutAnnouncement(ctx context.Context, by pool.User, a pool.Announcement, ifVersion int) (pool.Announcement, error)
	RemoveAnnouncement(ctx context.Context, by pool.User, id string, ifVersion int) error
}

// Backups keeps copies of the database on the server.
type Backups interface {
	BackUp(ctx context.Context, now time.Time) (pool.Backup, error)
	StoredBackups() ([]pool.Backup, error) // newest first
}

// History is what the pool was like, for charts, and how long launches take.
type History interface {
	// Points are of a span that ends now, oldest first.
	Points(span history.Span, now time.Time) []history.Point
	// Estimate is false for a blueprint of which too few launches are known.
	Estimate(blueprintID string) (history.Estimate, bool)
}

// Accounts keeps the users. What is not there is a *pool.Error of CodeNotFound.
type Accounts interface {
	Account(ctx context.Context, id string) (pool.Account, error)
	AccountByEmail(ctx context.Context, email string) (pool.Account, error)
	Accounts(ctx context.Context) ([]pool.Account, error)
	PutAccount(ctx context.Context, a pool.Account) error
	// DeleteAccount removes the user's logins and tokens with them.
	DeleteAccount(ctx context.Context, id string) error
}

// Logins keeps the web UI's sessions, by the hash of their cookie.
type Logins interface {
	Login(ctx context.Context, tokenHash string) (pool.LoginSession, error)
	PutLogin(ctx context.Context, session pool.LoginSession) error
	DeleteLogin(ctx context.Context, tokenHash string) error
	DeleteLoginsOf(ctx context.Context, userID string) error
}

// Tokens keeps the bearer tokens.
type Tokens interface {
	TokenByHash(ctx context.Context, tokenHash string) (pool.Token, error)
	TokensOf(ctx context.Context, userID string) ([]pool.Token, error)
	PutToken(ctx context.Context, token pool.Token) error
	DeleteToken(ctx context.Context, id string) error
}

// Audit is the append-only log of who did what.
type Audit interface {
	AppendAudit(ctx context.Context, entry pool.AuditEntry) error
	// AuditPage returns at most limit entries older than the cursor, newest
	// first, and the cursor of what follows.
	AuditPage(ctx context.Context, cursor string, limit int) (entries []pool.AuditEntry, next string, err error)
}
