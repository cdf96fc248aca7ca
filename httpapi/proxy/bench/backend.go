//go:build linux

package main

import (
	"context"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// Paths of the backend.
const (
	smallPath = "/1k"     // 1 KiB
	bytesPath = "/bytes/" // and how many
	echoPath  = "/echo"   // a websocket
)

// backendCommand is the container that the proxies lead to. It speaks TLS too,
// to be a contender itself.
type backendCommand struct {
	Listen    string `required:"" help:"In plain HTTP."`
	TLSListen string `required:"" name:"tls-listen" help:"With TLS."`
	Cert      string `required:""`
	Key       string `required:""`
}

// Run is called by kong.
func (c *backendCommand) Run(ctx context.Context) error {
	mux := http.NewServeMux()
	mux.HandleFunc(smallPath, small)
	mux.HandleFunc(bytesPath, much)
	mux.HandleFunc(echoPath, echo)
	failed := make(chan error, 2)
	go func() { failed <- http.ListenAndServe(c.Listen, mux) }()
	go func() { failed <- http.ListenAndServeTLS(c.TLSListen, c.Cert, c.Key, mux) }()
	select {
	case <-ctx.Done():
		return nil
	case err := <-failed:
		return fmt.Errorf("the backend cannot serve: %w", err)
	}
}

const chunk = 256 << 10 // bytes, of a download's writes

var zeros [chunk]byte

func small(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", "1024")
	_, _ = w.Write(zeros[:1024])
}

func much(w http.ResponseWriter, r *http.Request) {
	size, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, bytesPath))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.Itoa(size))
	for size > 0 {
		n, err := w.Write(zeros[:min(size, chunk)])
		if err != nil {
			return
		}
		size -= n
	}
}

// echo is a websocket that says each message back. Messages are shorter than 126
// bytes and masked with zeros (websocket.go), so that they are sent as they came.
func echo(w http.ResponseWriter, r *http.Request) {
	conn, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	defer conn.Close()
	accept := sha1.Sum([]byte(r.Header.Get("Sec-Websocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) // RFC 6455 4.2.2
	_, err = fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
		base64.StdEncoding.EncodeToString(accept[:]))
	if err != nil {
		return
	}
	frame := make([]byte, 2+4+125)
	for {
		if _, err := io.ReadFull(buffered, frame[:2]); err != nil {
			return
		}
		length := int(frame[1] & 0x7f)
		if length > 125 {
			return
		}
		if _, err := io.ReadFull(buffered, frame[2:2+4+length]); err != nil {
			return
		}
		// The last two bytes of the mask make room for the header.
		answer := frame[4 : 2+4+length]
		answer[0], answer[1] = frame[0], byte(length)
		if _, err := conn.Write(answer); err != nil || frame[0]&0x0f == opClose {
			return
		}
	}
}
