//go:build hosts

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/coder/websocket"
)

const (
	// hangLimit is how long a visitor waits for anything: a request that takes
	// longer is a hung one.
	hangLimit = time.Minute
	// paceOfPages and the like are pauses between a visitor's doings.
	paceOfPages = 25 * time.Millisecond
	paceOfWords = 50 * time.Millisecond
	// retryPause is what a page waits before it tries again.
	retryPause = 100 * time.Millisecond
	// Uploads and downloads are so many pieces, one after each pause: some are
	// always under way.
	pieces, pieceSize = 32, 64 << 10
	piecePause        = 40 * time.Millisecond
)

// visitor is a browser with a notebook open, in which all that a page may do goes
// on: it asks for pages, uploads, downloads, hears events, talks on a websocket
// and idles on another one. What ends is begun again.
type visitor struct {
	client *http.Client // has the session's cookie
	base   string
	number int
	tally  *tally
	idler  idler

	leave context.CancelFunc
	doing sync.WaitGroup
}

// visit begins. The browser has the notebook open already.
func visit(ctx context.Context, browser *http.Client, base string, number int, t *tally) *visitor {
	client := *browser
	client.Timeout = 0 // each doing has its own
	v := &visitor{client: &client, base: base, number: number, tally: t}
	v.idler.answers = make(chan string, 1)
	ctx, v.leave = context.WithCancel(ctx)
	for _, doing := range []func(context.Context){v.pages, v.uploads, v.downloads, v.events, v.talks, v.idles} {
		v.doing.Go(func() { doing(ctx) })
	}
	return v
}

// left ends all of it.
func (v *visitor) left() {
	v.leave()
	v.doing.Wait()
	v.client.CloseIdleConnections()
}

// request counts one request, which do carries out. It tells whether it went well.
func (v *visitor) request(ctx context.Context, isTimed bool, do func(context.Context) error) bool {
	began := time.Now()
	defer v.tally.begins()()
	limited, cancel := context.WithTimeout(ctx, hangLimit)
	defer cancel()
	err := do(limited)
	if ctx.Err() != nil {
		return false
	}
	v.tally.count(func(r *toll) {
		if isTimed {
			r.longest = max(r.longest, time.Since(began))
		}
		if err != nil {
			r.failed++
			r.said[wordsFor(err)]++
		}
	})
	if err != nil {
		rest(ctx, retryPause)
	}
	return err == nil
}

// answered is an answer that is not what was asked for.
type answered struct {
	status int
	words  string
}

func (a answered) Error() string { return fmt.Sprint(a.status, " ", a.words) }

// answerOf reads what an answer says: the first sentence of a page of ours.
func answerOf(status int, body io.Reader) error {
	text, err := io.ReadAll(io.LimitReader(body, 4096))
	if err != nil && len(text) == 0 {
		return err
	}
	words, _, _ := strings.Cut(string(text), "\n")
	return answered{status, words}
}

// wordsFor is a short name for how something ended.
func wordsFor(err error) string {
	said, ok := errors.AsType[answered](err)
	switch {
	case ok:
		return said.Error()
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return "HUNG"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE),
		errors.Is(err, net.ErrClosed), strings.Contains(err.Error(), "server closed idle connection"): // the last has no name
		return "broken off"
	default:
		return err.Error()
	}
}

func rest(ctx context.Context, pause time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(pause):
	}
}

func (v *visitor) ask(ctx context.Context, method, path string, body io.Reader, size int64) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, v.base+path, body)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.ContentLength = size
	}
	return v.client.Do(req)
}

func (v *visitor) pages(ctx context.Context) {
	for ctx.Err() == nil {
		v.request(ctx, true, func(ctx context.Context) error {
			resp, err := v.ask(ctx, http.MethodGet, "healthz", nil, 0)
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				return answerOf(resp.StatusCode, resp.Body)
			}
			text, err := io.ReadAll(resp.Body)
			if err == nil && string(text) != "ok\n" {
				err = fmt.Errorf("a page says %q", text)
			}
			return err
		})
		rest(ctx, paceOfPages)
	}
}

// reads is the page at the notebook's address as a person sees it; zero if there is none.
func (v *visitor) reads(ctx context.Context) (page answered) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, v.base, nil)
	if err != nil {
		return page
	}
	req.Header.Set("Accept", "text/html")
	resp, err := v.client.Do(req)
	if err != nil {
		return page
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return page
	}
	return answered{resp.StatusCode, string(text)}
}

// pieceOf is what each piece of an upload or a download holds.
func pieceOf() []byte {
	piece := make([]byte, pieceSize)
	for n := range piece {
		piece[n] = byte(n)
	}
	return piece
}

// slowly reads piece after piece with pauses between.
type slowly struct {
	ctx  context.Context
	rest []byte
	left int
}

func (s *slowly) Read(p []byte) (int, error) {
	if len(s.rest) == 0 {
		if s.left == 0 {
			return 0, io.EOF
		}
		s.left--
		rest(s.ctx, piecePause)
		s.rest = pieceOf()
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, s.ctx.Err()
}

func (v *visitor) uploads(ctx context.Context) {
	for ctx.Err() == nil {
		v.request(ctx, false, func(ctx context.Context) error {
			resp, err := v.ask(ctx, http.MethodPut, fmt.Sprint("files/of-", v.number), &slowly{ctx: ctx, left: pieces}, pieces*pieceSize)
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			if resp.StatusCode != http.StatusCreated {
				return answerOf(resp.StatusCode, resp.Body)
			}
			var file struct{ Size int64 }
			if err := json.NewDecoder(resp.Body).Decode(&file); err != nil {
				return err
			}
			if file.Size != pieces*pieceSize {
				return fmt.Errorf("%d bytes of an upload arrived, of %d", file.Size, pieces*pieceSize)
			}
			return nil
		})
	}
}

func (v *visitor) downloads(ctx context.Context) {
	want, got := pieceOf(), make([]byte, pieceSize)
	for ctx.Err() == nil {
		v.request(ctx, false, func(ctx context.Context) error {
			resp, err := v.ask(ctx, http.MethodGet, fmt.Sprintf("blob?mb=%d", pieces*pieceSize>>20), nil, 0)
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				return answerOf(resp.StatusCode, resp.Body)
			}
			for range pieces {
				if _, err := io.ReadFull(resp.Body, got); err != nil {
					return err
				}
				if !bytes.Equal(want, got) {
					return errors.New("a download is garbled")
				}
				rest(ctx, piecePause)
			}
			return nil
		})
	}
}

// events hears a stream for as long as it lasts.
func (v *visitor) events(ctx context.Context) {
	for ctx.Err() == nil {
		var resp *http.Response
		living, end := context.WithCancel(ctx) // longer than the request, which is over once its answer begins
		if !v.request(ctx, false, func(context.Context) (err error) {
			hung := time.AfterFunc(hangLimit, end)
			defer hung.Stop()
			resp, err = v.ask(living, http.MethodGet, "sse?n=0&ms=50", nil, 0)
			if err == nil && resp.StatusCode != http.StatusOK {
				defer resp.Body.Close()
				err = answerOf(resp.StatusCode, resp.Body)
			}
			return err
		}) {
			end()
			continue
		}
		err := v.hear(resp.Body)
		resp.Body.Close()
		end()
		if ctx.Err() == nil {
			v.tally.broke(func(r *toll) { r.streams++ }, "stream "+wordsFor(err))
		}
	}
}

func (v *visitor) hear(stream io.Reader) error {
	lines, n := bufio.NewScanner(stream), 0
	for lines.Scan() {
		id, isID := strings.CutPrefix(lines.Text(), "id: ")
		if !isID {
			continue
		}
		if n++; id != fmt.Sprint(n) {
			return fmt.Errorf("event %s came as number %d", id, n)
		}
		v.tally.count(func(r *toll) { r.events++ })
	}
	if lines.Err() == nil {
		return io.EOF
	}
	return lines.Err()
}

// dial opens a websocket; nil if that failed.
func (v *visitor) dial(ctx context.Context) (socket *websocket.Conn) {
	v.request(ctx, true, func(ctx context.Context) error {
		made, resp, err := websocket.Dial(ctx, strings.Replace(v.base, "https", "wss", 1)+"ws", &websocket.DialOptions{
			HTTPClient: v.client, HTTPHeader: http.Header{"Origin": {strings.TrimSuffix(v.base, "/")}},
		})
		if err != nil && resp != nil && resp.StatusCode != http.StatusSwitchingProtocols {
			return answerOf(resp.StatusCode, resp.Body)
		}
		socket = made
		return err
	})
	return socket
}

// cut counts the end of a websocket.
func (v *visitor) cut(ctx context.Context, socket *websocket.Conn, err error) {
	_ = socket.CloseNow()
	if ctx.Err() != nil {
		return
	}
	words := wordsFor(err)
	if status := websocket.CloseStatus(err); status >= 0 {
		words = status.String()
	}
	v.tally.broke(func(r *toll) { r.cut++ }, "websocket "+words)
}

const (
	question = "2*(3+4)"
	answer   = "14"
)

func (v *visitor) talks(ctx context.Context) {
	for ctx.Err() == nil {
		socket := v.dial(ctx)
		if socket == nil {
			continue
		}
		v.cut(ctx, socket, v.talk(ctx, socket))
	}
}

func (v *visitor) talk(ctx context.Context, socket *websocket.Conn) error {
	for {
		limited, cancel := context.WithTimeout(ctx, hangLimit)
		err := socket.Write(limited, websocket.MessageText, []byte(question))
		var said []byte
		if err == nil {
			_, said, err = socket.Read(limited)
		}
		if limited.Err() != nil {
			err = limited.Err()
		}
		cancel()
		if err == nil && string(said) != answer {
			err = fmt.Errorf("a websocket says %q", said)
		}
		if err != nil {
			return err
		}
		v.tally.count(func(r *toll) { r.words++ })
		rest(ctx, paceOfWords)
	}
}

// idler is a websocket on which nothing is said until somebody wants to know
// whether it is open.
type idler struct {
	mu      sync.Mutex
	socket  *websocket.Conn
	answers chan string
}

func (i *idler) set(socket *websocket.Conn) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.socket = socket
}

func (v *visitor) idles(ctx context.Context) {
	for ctx.Err() == nil {
		socket := v.dial(ctx)
		if socket == nil {
			continue
		}
		v.idler.set(socket)
		for {
			_, said, err := socket.Read(ctx)
			if err != nil {
				v.idler.set(nil)
				v.cut(ctx, socket, err)
				break
			}
			select {
			case v.idler.answers <- string(said):
			case <-ctx.Done():
			}
		}
	}
}

func (i *idler) isThere() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.socket != nil
}

// rouse tells whether the websocket that idles is one in truth.
func (v *visitor) rouse(ctx context.Context) error {
	v.idler.mu.Lock()
	socket := v.idler.socket
	v.idler.mu.Unlock()
	if socket == nil {
		return errors.New("no websocket idles")
	}
	ctx, cancel := context.WithTimeout(ctx, hangLimit)
	defer cancel()
	if err := socket.Write(ctx, websocket.MessageText, []byte(question)); err != nil {
		return err
	}
	select {
	case said := <-v.idler.answers:
		if said != answer {
			return fmt.Errorf("a websocket that idled says %q", said)
		}
		return nil
	case <-ctx.Done():
		return errors.New("a websocket that idled does not answer")
	}
}
