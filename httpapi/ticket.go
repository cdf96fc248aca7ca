package httpapi

import (
	"context"
	"net/url"
	"time"

	"dockerdriver/actors/pool"
)

type openInput struct {
	IDInput
	Body *struct {
		Browser string `json:"browser,omitempty" maxLength:"64" doc:"Hex SHA-256 of the nonce that the notebook's origin set in the browser that is to be let in; without it any browser may use the address"`
		Path    string `json:"path,omitempty" doc:"Where in the notebook to go, from /; at most 2048 bytes"`
		Reason  string `json:"reason,omitempty" doc:"Why an administrator opens somebody else's notebook; they must say it, in at most 300 characters, and its owner is shown it"`
	}
}

type openOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         struct {
		URL       string    `json:"url" doc:"Works once, until expires_at"`
		ExpiresAt time.Time `json:"expires_at"`
	}
}

func (s *server) openInstance(ctx context.Context, in *openInput) (*openOutput, error) {
	c := callerOf(ctx)
	i, err := s.find(s.Views.Snapshot(), in.ID, c)
	if err != nil {
		return nil, err
	}
	browser, path, reason := "", "", ""
	if b := in.Body; b != nil {
		browser, path, reason = b.Browser, b.Path, b.Reason
	}
	if browser != "" && !browserHash.MatchString(browser) {
		return nil, pool.Invalid("browser", "The browser is not the hex SHA-256 of a nonce.", "Leave it out when you have none.")
	}
	if !local(path) {
		return nil, pool.Invalid("path", "The path does not lead into the notebook.", "Write it from /, or leave it out.")
	}
	if i.UserID != c.User.ID {
		if err := s.visit(ctx, i, c, reason); err != nil {
			return nil, err
		}
	}
	ticket, err := s.ticket(ctx, i, c, browser)
	if err != nil {
		return nil, err
	}
	out := &openOutput{CacheControl: "no-store"}
	out.Body.URL, out.Body.ExpiresAt = s.enterURL(ticket, browser, path), ticket.ExpiresAt.UTC()
	return out, nil
}

// visit notes an administrator's way into somebody else's notebook where the owner
// sees it, and in the audit log. What is not noted does not happen.
func (s *server) visit(ctx context.Context, i *pool.Instance, c caller, reason string) error {
	reason, err := pool.VisitReason(reason)
	if err != nil {
		return err
	}
	if err := i.MayVisit(); err != nil {
		return err
	}
	if err := s.audit(ctx, "instance.open", i.ID, "owner "+i.UserID+", reason: "+reason); err != nil {
		return err
	}
	_, err = s.Launcher.VisitInstance(ctx, c.User, i.ID, reason)
	return err
}

func (s *server) ticket(ctx context.Context, i *pool.Instance, c caller, browser string) (pool.Ticket, error) {
	return s.Door.Open(ctx, pool.TicketRequest{InstanceID: i.ID, User: c.User, Login: c.Login, Browser: browser})
}

// enterURL is where the notebook's origin exchanges a ticket for its cookie. The
// hash of the browser's nonce tells it that this browser asked for the ticket,
// so that it need not ask the person.
func (s *server) enterURL(t pool.Ticket, browser, path string) string {
	query := url.Values{"ticket": {t.Secret}}
	if browser != "" {
		query.Set("browser", browser)
	}
	if path != "" {
		query.Set("path", path)
	}
	return s.NotebookURL(t.Label) + ".dockerdriver/enter?" + query.Encode()
}
