package proxy

import (
	"context"
	"net/http"
	"strings"

	"github.com/rs/zerolog"
)

// notAnswering is for requests that got no answer. Ctx is the exchange's.
func (p *Proxy) notAnswering(ctx context.Context, w http.ResponseWriter, r *http.Request, e *exchange, err error) {
	switch {
	case isCut(ctx):
		if r.ProtoMajor == 1 {
			w.Header().Set("Connection", "close") // it has a deadline
		}
		p.cutOff(w, r, e)
	case e.stalled.Load():
		p.refuse(w, r, pageStalled)
	case e.malformed.Load():
		p.refuse(w, r, pageBadRequest)
	case ctx.Err() != nil: // the browser has gone
		panic(http.ErrAbortHandler)
	default:
		p.log.Warn().Err(err).Str("instance", e.route.InstanceID).Str("target", e.route.Target).Msg("notebook not answering")
		p.refuse(w, r, pageSilent)
	}
}

// cutOff tells why an exchange was ended by us.
func (p *Proxy) cutOff(w http.ResponseWriter, r *http.Request, e *exchange) {
	if ended, was := endedFor(p.table.Load(), e.route.Label, e.session); was {
		p.over(w, r, ended)
		return
	}
	p.refuse(w, r, pageEnded)
}

// lineLog writes what net/http has to say, mostly clients that break off.
type lineLog struct{ log zerolog.Logger }

func (l lineLog) Write(line []byte) (int, error) {
	l.log.Debug().Str("reason", strings.TrimSpace(string(line))).Msg("connection trouble")
	return len(line), nil
}
