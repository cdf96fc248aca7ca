//go:build linux

package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// Opcodes of frames (RFC 6455 5.2), with the bit of the last fragment.
const (
	opText  = 0x1
	opClose = 0x8
	fin     = 0x80
)

// messageSize is what a round trip carries: about a keystroke in a terminal.
const messageSize = 64

// websocket is a client that does next to nothing, so that what is measured is
// what lies behind it.
type websocket struct {
	conn  *tls.Conn
	frame []byte // a message, masked with zeros
	reply [2 + messageSize]byte
}

// clientTLS is what all clients of ours speak. X25519 alone, because OpenSSL 3.0,
// which wrk, h2load, nginx and haproxy use, knows no other that is as quick; with
// what browsers prefer (X25519MLKEM768) only the Go servers would do that work.
func clientTLS(protocols ...string) *tls.Config {
	return &tls.Config{
		InsecureSkipVerify: true, // all are on loopback, and we made the certificate
		MinVersion:         tls.VersionTLS13, CurvePreferences: []tls.CurveID{tls.X25519}, NextProtos: protocols,
	}
}

// dial opens a TLS connection; the handshake is done.
func dial(ctx context.Context, address string) (*tls.Conn, error) {
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	config := clientTLS("http/1.1")
	config.ServerName = label(0) + "." + domain
	conn := tls.Client(raw, config)
	if err = raw.SetDeadline(time.Now().Add(patience)); err == nil {
		err = conn.HandshakeContext(ctx)
	}
	if err != nil {
		raw.Close()
		return nil, fmt.Errorf("cannot shake hands with %s: %w", address, err)
	}
	return conn, raw.SetDeadline(time.Time{})
}

// patience is how long one step of a client may take.
const patience = 30 * time.Second

// openWebsocket connects to notebook i; the first message was said back.
func openWebsocket(ctx context.Context, c *contender, i int) (*websocket, error) {
	conn, err := dial(ctx, c.address)
	if err != nil {
		return nil, err
	}
	w := &websocket{conn: conn, frame: make([]byte, 2+4+messageSize)}
	w.frame[0], w.frame[1] = fin|opText, 0x80|messageSize
	if err := w.upgrade(c.host(i), cookie(i)); err != nil {
		conn.Close()
		return nil, fmt.Errorf("%s: cannot open a websocket: %w", c.name, err)
	}
	return w, nil
}

func (w *websocket) upgrade(host, cookie string) error {
	if err := w.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w.conn, "GET %s HTTP/1.1\r\nHost: %s\r\nOrigin: https://%s\r\nCookie: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", echoPath, host, host, cookie)
	if err != nil {
		return err
	}
	// Nothing follows the answer before the first message, so no byte is lost in the buffer.
	answer, err := http.ReadResponse(bufio.NewReaderSize(w.conn, 1024), nil)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusSwitchingProtocols {
		return fmt.Errorf("the answer was %s", answer.Status)
	}
	if err := w.roundTrip(); err != nil {
		return err
	}
	return w.conn.SetDeadline(time.Time{})
}

// roundTrip sends a message and waits until it is back.
func (w *websocket) roundTrip() error {
	if _, err := w.conn.Write(w.frame); err != nil {
		return err
	}
	if _, err := io.ReadFull(w.conn, w.reply[:]); err != nil {
		return err
	}
	if w.reply[0] != fin|opText || w.reply[1] != messageSize {
		return fmt.Errorf("another message came back: % x", w.reply[:2])
	}
	return nil
}

// close says goodbye and waits for the same.
func (w *websocket) close() error {
	defer w.conn.Close()
	if err := w.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if _, err := w.conn.Write([]byte{fin | opClose, 0x80, 0, 0, 0, 0}); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, w.conn)
	return err
}
