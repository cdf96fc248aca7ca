package pool

import "time"

// Route leads one label of the notebook domain to one running container.
type Route struct {
	Label      string
	InstanceID string
	UserID     string
	Target     string // ip:port, spoken to in plain HTTP
	Proxy      ProxyOptions
	// Password is what bypass_token_authentication injects; empty otherwise.
	Password string
	// Headers are set on every request, in place of what the browser sent.
	Headers []HeaderField
	// IdlePaths are patterns of paths that programs ask for by themselves, such as
	// polls: their requests and websockets are no sign of a person. "*" stands for
	// any run of characters.
	IdlePaths []string
}

// HeaderField is one field of a request's header.
type HeaderField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// IsIdle tells whether a request's path matches one of IdlePaths.
func (r *Route) IsIdle(path string) bool {
	for _, pattern := range r.IdlePaths {
		if matchPath(pattern, path) {
			return true
		}
	}
	return false
}

// matchPath compares in time proportional to both lengths' product at worst: a
// run that did not fit is made longer only for the last "*" that was met.
func matchPath(pattern, path string) bool {
	p, n, star, resume := 0, 0, -1, 0
	for n < len(path) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, resume = p, n
			p++
		case p < len(pattern) && pattern[p] == path[n]:
			p++
			n++
		case star >= 0:
			resume++
			p, n = star+1, resume
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// EndedRoute tells the browsers that were in a notebook why it ended.
type EndedRoute struct {
	InstanceID string
	Words      string    // what happened and what to do, for its owner
	At         time.Time // of the end
	Sessions   []string  // cookie hashes of the sessions that may read it
}

// NotebookSession lets one browser into one instance. It is durable, so that a
// server restart does not throw anybody out.
type NotebookSession struct {
	// CookieHash is the hex SHA-256 of the cookie's value: the value itself is never stored.
	CookieHash string `json:"cookie_hash"`
	InstanceID string `json:"instance_id"`
	UserID     string `json:"user_id"` // who opened it: the owner, or an admin (audited)
	// Login is the LoginSession.TokenHash it was opened from; empty when opened by API token.
	Login     string    `json:"login,omitempty"`
	CreatedAt time.Time `json:"created_at"`
}

// RouteTable is everything the proxy's data plane needs to let a request
// through. It is immutable once published.
type RouteTable struct {
	Routes   map[string]Route           // by label
	Sessions map[string]NotebookSession // by cookie hash
	// Ended are notebooks that ended lately, by label.
	Ended map[string]EndedRoute
}

// TicketRequest asks for a ticket. The caller has checked that the user is the
// instance's owner or an admin.
type TicketRequest struct {
	InstanceID string
	User       User
	Login      string // see NotebookSession.Login
	// Browser is the hex SHA-256 of the nonce cookie that the notebook's origin
	// set in the browser that asked; empty for an API client, see httpapi/proxy.
	Browser string
}

// Revocation names the notebook sessions to end: those of an instance, of a
// user, or of one login; the fields that are set must all fit.
type Revocation struct {
	InstanceID string
	UserID     string
	Login      string
}

// TicketLifetime is how long a launch ticket can be redeemed (peers.md 3d 2: ≤ 30–60 s).
const TicketLifetime = 30 * time.Second

// Ticket is the answer to "open": a single-use secret that the notebook's own
// origin exchanges for its cookie.
type Ticket struct {
	Secret    string // 256 random bits, base64url
	Label     string
	ExpiresAt time.Time
}
