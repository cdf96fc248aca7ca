// Package proxy is the data plane: it lets a browser into its own notebook, and
// no other browser.
//
// # The gate
//
// Every instance has an origin of its own, https://<label>.<domain>:<port>
// (names.go), unless the site is in path mode, see below. A request passes when
// its cookie's SHA-256 names a session in the published table and that session is
// for the instance behind the request's label. The check is the same for pages,
// event streams and websockets (gate.go), reads one atomic pointer and waits for
// nobody.
//
// A browser without a session is sent to the web UI, which knows who is logged
// in, with the hash of a nonce that this origin keeps in a cookie (gate.go). It
// comes back with a single-use ticket for that nonce, which Redeem exchanges
// for the session's cookie (enter.go). An unknown label, somebody else's
// notebook and an ended session are answered alike. Only a browser whose session
// was in a notebook until that ended is told why, for a day.
//
// # What sameness of site does not give
//
// Notebooks are siblings under one domain, so SameSite cookies do not keep them
// apart. Cookies carry the __Host- prefix, which siblings cannot set; every
// websocket must bear this origin's Origin; other requests must come from this
// origin or be a person's navigation to it (origin.go).
//
// # Path mode
//
// A site without a wildcard name has all notebooks on one origin, each below
// /<label>/ (paths.go). The gate is the same: the label comes from the path, and
// our cookies are for it alone. But one origin is one to browsers. What still
// holds there is that nobody else's browser gets in, that containers learn no
// cookie of ours, and that their answers set no cookie, redirect or origin-wide
// policy for a neighbour (setcookies.go, headers.go). What a notebook's page does
// to a neighbour without guile is refused by its Referer (origin.go).
//
// What does not hold: a script in one notebook can ask for, frame, open and
// connect to every other that its visitor's browser may enter, if it knows the
// label, with a Referer of its choice or none, and read the answers; it shares
// storage with them, sees cookies that are not HttpOnly for the root path, and can
// plant cookies in their paths, ours too: two of one name shut its visitor out.
// It can bring its visitor into a notebook of its author.
//
// # What crosses
//
// The path and query reach the container byte for byte; in path mode with the
// label or, where it knows no base URL, without. Our cookies, whatever claims an
// identity or an address, and hop-by-hop fields do not (headers.go).
// Bodies are streamed both ways without a limit, 1xx answers and response
// trailers are passed on; request trailers are dropped, because some frameworks
// merge them into the header after we have checked it. Of protocol upgrades only
// websockets are passed on: h2c would carry requests that nobody checks.
//
// # The way to containers
//
// Clients are net/http's server's business: HTTP/1.1 and HTTP/2, their limits,
// their parsing. Towards containers connections are our own (upstream.go): whoever
// asks on one also reads the answer on it, so that there is no goroutine for each
// connection, and nothing that came unasked is taken for an answer, as it sometimes
// is on http.Transport's. Heads are written by head.go and read by
// http.ReadResponse (carry.go); a body is sent while its answer is read already
// (send.go); answers are passed on as they come (deliver.go); a websocket is two
// connections joined, without the handler that joined them and without buffers
// while it idles (join.go, tunnel.go). reference_test.go has the same built of
// httputil.ReverseProxy, and two fuzz tests that hold ours against it.
//
// # Revocation
//
// Publish compares what is open with the new table and cuts what is no longer
// in it: requests in flight, event streams and websockets (exchange.go).
package proxy
