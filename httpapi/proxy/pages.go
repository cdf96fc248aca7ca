package proxy

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"net/http"
)

// page is an answer of our own, for a person.
type page struct {
	status  int
	Title   string
	Words   string
	Refresh int    // seconds after which the browser asks again; 0: never
	To      string // the path that it asks for then; empty: the same

	Speech Speech // of the reader; set when shown
	Again  string // address of the page that launches it again; empty: none
	UI     string // address of the web UI; set when shown
	Style  template.CSS
	Ticket string // with a ticket, the page is the question whether to redeem it
	Path   string
	Enter  string // where the answer to the question goes
}

func (p page) with(words string) page {
	p.Words = words
	return p
}

// Our refusals. An unknown label, an ended session and somebody else's notebook
// share pageNoSession, so that nobody learns which notebooks there are.
var (
	pageUnknownHost = page{status: http.StatusMisdirectedRequest, Title: "No such notebook", Words: "There is no notebook at this address. Open your notebook from DockerDriver."}
	pageNoSession   = page{status: http.StatusUnauthorized, Title: "Not let in", Words: "This browser has no open session for a notebook at this address. Open the notebook from DockerDriver."}
	pageBadRequest  = page{status: http.StatusBadRequest, Title: "Request not understood", Words: "The address or the form of this request is not in order."}
	pageTwoCookies  = page{status: http.StatusBadRequest, Title: "Two sessions at once", Words: "This request bears two session cookies of the same name. Delete this site's cookies and open the notebook again."}
	pageMethod      = page{status: http.StatusMethodNotAllowed, Title: "Not possible here", Words: "This method is not allowed at this address."}
	pageNotFound    = page{status: http.StatusNotFound, Title: "No such page", Words: "There is no page at this address."}
	pageNowhere     = page{status: http.StatusNotFound, Title: "No notebook at this address", Words: "Each notebook has an address of its own below this one. Open yours from DockerDriver."}
	pageForeign     = page{status: http.StatusForbidden, Title: "Request from another site", Words: "Another web site tried to use this notebook through your browser, and was refused. If it was you, open the notebook from DockerDriver."}
	pageTicket      = page{status: http.StatusForbidden, Title: "This link no longer opens the notebook", Words: "It was used already, is too old, or belongs to another browser. Go back and press Open in browser again."}
	pageLater       = page{status: http.StatusServiceUnavailable, Title: "Not just now", Words: "The notebook could not be opened at this moment. Try again in a minute."}
	pageTooMany     = page{status: http.StatusTooManyRequests, Title: "Too many requests at once", Words: "This session has as many requests and open connections as one may have. Close some of its tabs, and load this page again."}
	pageStalled     = page{status: http.StatusRequestTimeout, Title: "The upload stood still", Words: "Nothing of it came for minutes, so it was given up. Send it again."}
	pageAway        = page{status: http.StatusServiceUnavailable, Title: "The server is restarting", Words: "Notebooks that are open go on. This page goes on by itself once the server is back.", Refresh: 2}
	pageSilent      = page{status: http.StatusBadGateway, Title: "The notebook is not answering", Words: "It may be starting, or very busy. This page tries again by itself.", Refresh: 3}
	pageEnded       = page{status: http.StatusForbidden, Title: "This session has ended", Words: "The notebook or your session ended while it was answering."}
	pageOver        = page{status: http.StatusGone, Title: "This notebook has ended"}
	pageConfirm     = page{status: http.StatusOK, Title: "Open this notebook?", Words: "A link wants to open a notebook in your browser. Go on only if you asked for it: what you write into a notebook can be read by whoever owns it."}
)

var (
	//go:embed pages/page.html
	pageHTML string
	//go:embed pages/page.css
	pageCSS string

	pageTemplate = template.Must(template.New("page").Parse(pageHTML))
	pagePolicy   = "default-src 'none'; style-src '" + cspHash(pageCSS) + "'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

// Style is what all pages of ours outside of the web UI look like, and the
// source expression by which a style-src allows it and nothing else.
func Style() (style template.CSS, source string) {
	return template.CSS(pageCSS), "'" + cspHash(pageCSS) + "'"
}

func cspHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// refuse answers with a page, or with its words where no page was asked for.
func (p *Proxy) refuse(w http.ResponseWriter, r *http.Request, answer page) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "strict-origin") // no-referrer would make the form's Origin null
	if !wantsHTML(r) {
		h.Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(answer.status)
		// What cannot be sent has nobody to be told.
		_, _ = io.WriteString(w, answer.Title+". "+answer.Words+"\n"+p.uiURL+"/\n")
		return
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", pagePolicy)
	w.WriteHeader(answer.status)
	answer.UI, answer.Style, answer.Speech = p.uiURL+"/", template.CSS(pageCSS), SpeechFor(r)
	if err := pageTemplate.Execute(w, answer); err != nil {
		p.log.Debug().Err(err).Msg("page not sent")
	}
}

// confirm asks whether to redeem the ticket. Whoever asks for no page, and yet
// comes from another site, gets the question's words.
func (p *Proxy) confirm(w http.ResponseWriter, r *http.Request, own Name, ticket, path string) {
	answer := pageConfirm
	answer.Ticket, answer.Path, answer.Enter = ticket, path, own.Prefix()+EnterPath
	if ticket == "" || len(ticket) > maxTicket {
		answer = pageTicket
	}
	p.refuse(w, r, answer)
}
