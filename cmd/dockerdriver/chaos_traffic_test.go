//go:build hosts

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"
)

// isOwn tells whether a page that shows the environment is of this very instance.
func isOwn(page string, i seenInstance) bool {
	var env map[string]string
	return json.Unmarshal([]byte(page), &env) == nil && env["OWNER"] == i.Password && i.Password != ""
}

// uses asks for a page and for a word on a websocket; the notebook must be the
// person's own.
func (p *person) uses(ctx context.Context, i seenInstance) bool {
	if p.visits(ctx, i, i.URL+"env") != nil || p.talks(ctx, i) != nil {
		return false
	}
	return true
}

var errStranger = errors.New("not let in")

// visits asks for a page of a notebook, and judges the answer.
func (p *person) visits(ctx context.Context, i seenInstance, url string) error {
	began := time.Now()
	status, text, err := p.page(ctx, url)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	tellsOwner := strings.HasSuffix(url, "/env")
	switch {
	case err != nil || status == http.StatusOK:
	case status == http.StatusForbidden || status == http.StatusUnauthorized || status == http.StatusSeeOther || status == http.StatusFound:
		err = errStranger
	default:
		err = answered{status, firstLine(text)}
	}
	if status == http.StatusOK && tellsOwner {
		if !isOwn(text, i) {
			p.c.chronicle.breach("%s: the page of %s is another notebook's: %.200s", p.name, i.Name, text)
			return errors.New("another notebook")
		}
	}
	if err == nil {
		p.c.tally.count("pages")
		return nil
	}
	return p.judge(ctx, i, began, "page", !tellsOwner, err)
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line[:min(len(line), 200)]
}

// page reads one; the ticket's redirect is followed within the notebook alone.
func (p *person) page(ctx context.Context, url string) (int, string, error) {
	ctx, cancel := context.WithTimeout(ctx, hangLimit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, "", err
	}
	browser := *p.client
	browser.Timeout = 0
	browser.CheckRedirect = func(next *http.Request, _ []*http.Request) error {
		if next.URL.Host != req.URL.Host {
			return http.ErrUseLastResponse
		}
		return nil
	}
	resp, err := browser.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}

// talks computes something on a websocket.
func (p *person) talks(ctx context.Context, i seenInstance) error {
	began := time.Now()
	err := p.talk(ctx, i)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil {
		p.c.tally.count("websocket answers")
		return nil
	}
	return p.judge(ctx, i, began, "websocket", false, err)
}

func (p *person) talk(ctx context.Context, i seenInstance) error {
	ctx, cancel := context.WithTimeout(ctx, hangLimit)
	defer cancel()
	browser := *p.client
	browser.Timeout = 0
	socket, resp, err := websocket.Dial(ctx, strings.Replace(i.URL, "https", "wss", 1)+"ws", &websocket.DialOptions{
		HTTPClient: &browser, HTTPHeader: http.Header{"Origin": {strings.TrimSuffix(i.URL, "/")}},
	})
	if err != nil {
		if resp != nil && resp.StatusCode != http.StatusSwitchingProtocols {
			return answerOf(resp.StatusCode, resp.Body)
		}
		return err
	}
	defer socket.CloseNow()
	if err := socket.Write(ctx, websocket.MessageText, []byte(question)); err != nil {
		return err
	}
	_, said, err := socket.Read(ctx)
	if err == nil && string(said) != answer {
		err = fmt.Errorf("a websocket says %q", said)
	}
	return err
}
