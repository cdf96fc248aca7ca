package notebook

import (
	"context"
	"net/http"
	"time"

	"github.com/coder/websocket"
)

const (
	maxMessage  = 64 << 10 // bytes
	writeLimit  = 10 * time.Second
	closeOnWish = websocket.StatusCode(4001)
)

// socket runs cells: each text message is one, and its answer is one text
// message, in order: the output, or "error: " and words. Two words are special:
// `who` tells the Origin that the handshake carried, `close` closes with 4001.
//
// The library's Origin check stays on: a browser's page from elsewhere, or a proxy
// that changes Host or Origin, is refused with 403.
func (s *site) socket(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		s.log.Warn().Str("reason", err.Error()).Msg("websocket refused")
		return
	}
	defer func() { _ = conn.CloseNow() }()
	conn.SetReadLimit(maxMessage)
	stopped := context.AfterFunc(r.Context(), func() {
		_ = conn.Close(websocket.StatusGoingAway, "the notebook ends")
	})
	defer stopped()
	for {
		// The request's context would cut the line before the close message is out.
		kind, message, err := conn.Read(context.WithoutCancel(r.Context()))
		if err != nil {
			return
		}
		if string(message) == "close" {
			_ = conn.Close(closeOnWish, "closed as you wished")
			return
		}
		answer := message
		if kind == websocket.MessageText {
			answer = []byte(s.answer(string(message), r))
		}
		ctx, cancel := context.WithTimeout(r.Context(), writeLimit)
		err = conn.Write(ctx, kind, answer)
		cancel()
		if err != nil {
			return
		}
	}
}

func (s *site) answer(message string, r *http.Request) string {
	if message == "who" {
		return r.Header.Get("Origin")
	}
	cell := s.kernel.run(message)
	if cell.Error != "" {
		return "error: " + cell.Error
	}
	return cell.Output
}
