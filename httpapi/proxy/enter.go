package proxy

import (
	"context"
	"errors"
	"net/http"
	"time"

	"dockerdriver/actors/pool"
)

// EnterPath is where a notebook takes tickets, below its Base: ?ticket=…, and
// optionally &path=… to go to and &browser=…, see askFirst.
const EnterPath = ownPaths + "enter"

// ownPaths is what of a notebook's paths is ours; nothing below it reaches containers.
const ownPaths = "/.dockerdriver/"

const (
	redeemLimit   = 5 * time.Second
	maxTicket     = 512      // bytes; ours have 52
	maxEnterBody  = 16 << 10 // bytes of the confirmation's form
	sameOriginOne = "same-origin"
)

// Gate exchanges tickets for sessions.
type Gate interface {
	// Redeem exchanges a ticket for a label, once, for the value of a session
	// cookie whose session is in the published table when it returns. Browser is
	// the hex SHA-256 of the browser's nonce cookie, or "".
	Redeem(ctx context.Context, label, secret, browser string) (cookie string, err error)
}

// enter is EnterPath.
func (p *Proxy) enter(w http.ResponseWriter, r *http.Request, name Name, found ours) {
	own := p.name(name.Label)
	browser := ""
	if isNonce(found.browser) {
		browser = hashOf(found.browser)
	}
	switch r.Method {
	case http.MethodGet:
		query := r.URL.Query()
		ticket, path := query.Get("ticket"), localPath(query.Get("path"))
		switch {
		case !OpensTab(r):
			p.refuse(w, r, pageForeign)
		case askFirst(r, own, query.Get("browser"), browser):
			p.confirm(w, r, own, ticket, path)
		default:
			p.redeem(w, r, own, ticket, browser, path)
		}
	case http.MethodPost:
		if !mayAct(r, own) {
			p.refuse(w, r, pageForeign)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxEnterBody)
		if err := r.ParseForm(); err != nil {
			p.refuse(w, r, pageBadRequest)
			return
		}
		p.redeem(w, r, own, r.PostForm.Get("ticket"), browser, localPath(r.PostForm.Get("path")))
	default:
		w.Header().Set("Allow", "GET, POST")
		p.refuse(w, r, pageMethod)
	}
}

// OpensTab tells whether a person waits for the answer in a tab of theirs. Any page
// may ask for pictures and frames, and have pages loaded ahead. Without the fields
// it is an old browser or a script.
func OpensTab(r *http.Request) bool {
	return isTabNavigation(r) || r.Header.Get("Sec-Fetch-Mode") == "" && r.Header.Get("Sec-Purpose") == "" && r.Header.Get("Purpose") == ""
}

// askFirst tells whether a person must say yes before the ticket is redeemed. A
// link from elsewhere could otherwise log somebody in to the notebook of whoever
// made it. No question is needed where the link bears the hash of this
// browser's nonce: only the web UI, asked by this very browser, learns it. In
// path mode a link from the same origin is from elsewhere too.
func askFirst(r *http.Request, own Name, claimed, browser string) bool {
	if browser != "" && claimed == browser {
		return false
	}
	sites := r.Header["Sec-Fetch-Site"]
	return len(sites) > 1 || (len(sites) == 1 && sites[0] != "none" && (own.Paths || sites[0] != sameOriginOne))
}

func (p *Proxy) redeem(w http.ResponseWriter, r *http.Request, own Name, ticket, browser, path string) {
	if ticket == "" || len(ticket) > maxTicket {
		p.refuse(w, r, pageTicket)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), redeemLimit)
	defer cancel()
	cookie, err := p.gate.Redeem(ctx, own.Label, ticket, browser)
	if err != nil {
		p.log.Info().Err(err).Str("label", own.Label).Str("address", r.RemoteAddr).Msg("ticket refused")
		answer := pageOfRedeem(err)
		if p.away() { // a restart voids tickets: the way through the web UI brings another
			answer = pageAway
			answer.To = own.Prefix() + path
		}
		p.refuse(w, r, answer)
		return
	}
	setCookie(w, own, p.cookies.session, cookie, 0)
	p.redirect(w, own.Origin()+own.Prefix()+path)
}

// pageOfRedeem tells a ticket that is no good from a gate that does not answer.
func pageOfRedeem(err error) page {
	if refusal, ok := errors.AsType[*pool.Error](err); ok && refusal.Code != pool.CodeUnavailable && refusal.Code != pool.CodeInternal {
		return pageTicket.with(refusal.Error())
	}
	return pageLater
}
