package proxy

import (
	"bufio"
	"bytes"
	"context"
	"net/http"
	"strings"
	"time"
)

// sayLimit is how long a browser may take to take in that its websocket is open.
const sayLimit = 10 * time.Second

// join makes one websocket of the two connections. It tells whether it did.
func (p *Proxy) join(ctx context.Context, w *recorder, r *http.Request, e *exchange, l *line, res *http.Response) bool {
	if !e.upgrade || !strings.EqualFold(res.Header.Get("Upgrade"), "websocket") {
		_ = l.conn.Close()
		p.notAnswering(ctx, w, r, e, errUnasked)
		return false
	}
	dropHops(res.Header)
	cleanResponse(res.Header, e, p.name(e.route.Label))
	var head bytes.Buffer
	head.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n")
	_ = res.Header.Write(&head) // to memory
	head.WriteString("\r\n")

	browser, early, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = l.conn.Close()
		p.notAnswering(ctx, w, r, e, err)
		return false
	}
	w.status = http.StatusSwitchingProtocols
	t := &tunnel{browser: browser, container: l.conn, raw: l.raw, use: e.use, end: func() { p.exchanges.end(e) }}
	t.fromBrowser, t.fromContainer = buffered(early.Reader), buffered(l.in)
	l.in = nil // the exchange keeps the line
	if !e.becomes(t.cut) {
		t.cut()
		return false
	}
	_ = browser.SetWriteDeadline(time.Now().Add(sayLimit))
	if _, err := browser.Write(head.Bytes()); err != nil {
		t.cut()
		return false
	}
	_ = browser.SetWriteDeadline(time.Time{})
	p.metrics.upgraded.Inc()
	t.run()
	return true
}

// buffered is a copy of what a reader has taken in already: the reader itself
// goes.
func buffered(r *bufio.Reader) []byte {
	b, _ := r.Peek(r.Buffered())
	return bytes.Clone(b)
}
