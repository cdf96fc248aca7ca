package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	requestLimit = 30 * time.Second
	answerLimit  = 32 << 20 // bytes
	pageLimit    = 1000     // pages of one list
	apiRoot      = "/api/v1"
)

// Client speaks to one server as one user. It is safe for concurrent use.
type Client struct {
	base  *url.URL
	token string
	http  *http.Client
	// silence is how long the event stream may be without a byte.
	silence time.Duration
}

// New makes a client of the server at base, an http or https URL such as
// http://127.0.0.1:8080, that shows an API token.
func New(base, token string) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("cannot use %q as the server's address: write it like https://host:port", base)
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	u.RawQuery, u.Fragment = "", ""
	return &Client{base: u, token: token, silence: silenceLimit, http: &http.Client{
		Timeout: requestLimit,
		// The token goes to nobody but the server that was named.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// URL returns the server's address.
func (c *Client) URL() string { return c.base.String() }

// do makes a request and returns the JSON of its answer, empty for 204. Any
// status but 2xx is an *Error; no answer at all is an *Unreachable.
func (c *Client) do(ctx context.Context, method, path string, query url.Values, body any) (json.RawMessage, error) {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("cannot encode the request: %v", err)
		}
		content = bytes.NewReader(text)
	}
	target := c.base.JoinPath(apiRoot, path)
	target.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, method, target.String(), content)
	if err != nil {
		return nil, fmt.Errorf("cannot make the request: %v", err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/json, application/problem+json")
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("cannot wait for the server: %w", ctx.Err())
		}
		return nil, &Unreachable{URL: c.URL(), why: err}
	}
	defer resp.Body.Close()
	return c.read(resp)
}

func (c *Client) read(resp *http.Response) (json.RawMessage, error) {
	text, err := io.ReadAll(io.LimitReader(resp.Body, answerLimit+1))
	switch {
	case err != nil:
		return nil, &Unreachable{URL: c.URL(), why: err}
	case len(text) > answerLimit:
		return nil, fmt.Errorf("cannot read the answer of %s: it is longer than %d bytes", c.URL(), answerLimit)
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		return nil, errorOf(c.URL(), resp, text)
	case resp.StatusCode == http.StatusNoContent:
		return nil, nil
	case !json.Valid(text):
		return nil, fmt.Errorf("cannot read the answer of %s: it is not JSON, so this is not a DockerDriver server", c.URL())
	}
	return text, nil
}

// One is a thing of the API, decoded and as it came.
type One[T any] struct {
	Value T
	Raw   json.RawMessage
}

// List is a list of the API, decoded and as it came.
type List[T any] struct {
	Items []T
	Raw   json.RawMessage
}

func one[T any](ctx context.Context, c *Client, method, path string, body any) (One[T], error) {
	raw, err := c.do(ctx, method, path, nil, body)
	if err != nil {
		return One[T]{}, err
	}
	result := One[T]{Raw: raw}
	if err := json.Unmarshal(raw, &result.Value); err != nil {
		return One[T]{}, fmt.Errorf("cannot read the answer of %s to %s %s: %v", c.URL(), method, path, err)
	}
	return result, nil
}

// list reads all pages. Raw is the answer itself when it was one page.
func list[T any](ctx context.Context, c *Client, path string, query url.Values) (List[T], error) {
	var items []json.RawMessage
	var result List[T]
	if query == nil {
		query = url.Values{}
	}
	for range pageLimit {
		raw, err := c.do(ctx, http.MethodGet, path, query, nil)
		if err != nil {
			return result, err
		}
		var page struct {
			Items      []json.RawMessage `json:"items"`
			NextCursor string            `json:"next_cursor"`
		}
		if err := json.Unmarshal(raw, &page); err != nil {
			return result, fmt.Errorf("cannot read the list %s of %s: %v", path, c.URL(), err)
		}
		first := result.Raw == nil
		items, result.Raw = append(items, page.Items...), raw
		if page.NextCursor == "" {
			return decodeAll(c, path, result, items, first)
		}
		query.Set("cursor", page.NextCursor)
	}
	return result, errors.New("cannot read the list " + path + ": it does not end")
}

func decodeAll[T any](c *Client, path string, result List[T], items []json.RawMessage, onePage bool) (List[T], error) {
	if !onePage {
		merged, err := json.Marshal(map[string]any{"items": items})
		if err != nil {
			return result, fmt.Errorf("cannot join the pages of %s: %v", path, err)
		}
		result.Raw = merged
	}
	result.Items = make([]T, len(items))
	for i, raw := range items {
		if err := json.Unmarshal(raw, &result.Items[i]); err != nil {
			return result, fmt.Errorf("cannot read the list %s of %s: %v", path, c.URL(), err)
		}
	}
	return result, nil
}
