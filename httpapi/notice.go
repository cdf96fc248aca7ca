package httpapi

import (
	_ "embed"
	"html/template"
	"net/http"

	"github.com/rs/zerolog"

	"dockerdriver/httpapi/proxy"
)

const cannotOpen = "The notebook cannot be opened now"

// notice answers a person in a browser who cannot be let into a notebook.
type notice struct {
	status int
	Title  string
	Words  string
	Again  string // path of the page that launches another one; empty: none

	Style  template.CSS // set when shown, as is
	Speech proxy.Speech
}

//go:embed notice.html
var noticeHTML string

var noticePage = template.Must(template.New("notice").Parse(noticeHTML))

// notice shows the page. Its look is the notebook origins', since it is theirs
// that brought the person here.
func (s *server) notice(w http.ResponseWriter, r *http.Request, n notice) {
	style, source := proxy.Style()
	n.Style, n.Speech = style, proxy.SpeechFor(r)
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src "+source+"; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	w.WriteHeader(n.status)
	if err := noticePage.Execute(w, n); err != nil {
		zerolog.Ctx(r.Context()).Debug().Err(err).Msg("page not sent")
	}
}
