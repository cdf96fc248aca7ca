package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
)

// certificateEvery is how often a certificate's files are looked at. Whoever
// renews them (certbot, a mounted secret) replaces two files, at its own pace.
const certificateEvery = 10 * time.Second

// certificate is a pair of PEM files that may be renewed while they are served:
// new connections get the new one, those that are open keep what they have.
type certificate struct {
	flag, cert, key string
	log             zerolog.Logger
	current         atomic.Pointer[tls.Certificate]
	seen            [2]fileMark
}

// fileMark tells a file from the one that replaced it.
type fileMark struct {
	size    int64
	changed time.Time
}

type getCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error)

// servedCertificate reads the pair that a flag named, and again whenever it is
// renewed, until ctx ends.
func servedCertificate(ctx context.Context, flag, cert, key string, log zerolog.Logger) (getCertificate, error) {
	c, err := loadCertificate(flag, cert, key, log)
	if err != nil {
		return nil, err
	}
	go c.watch(ctx)
	return c.get, nil
}

func loadCertificate(flag, cert, key string, log zerolog.Logger) (*certificate, error) {
	c := &certificate{flag: flag, cert: cert, key: key, log: log}
	c.seen = c.marks()
	return c, c.load()
}

func (c *certificate) load() error {
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return fmt.Errorf("cannot use %s %s with its key %s: %v", c.flag, c.cert, c.key, err)
	}
	c.current.Store(&pair)
	return nil
}

// get is what tls.Config.GetCertificate wants.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return c.current.Load(), nil
}

// watch takes in renewed files until ctx ends. A pair that does not fit, as for
// the moment between the two files, leaves the old one in use.
func (c *certificate) watch(ctx context.Context) {
	tick := time.NewTicker(certificateEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			c.look()
		}
	}
}

func (c *certificate) look() {
	marks := c.marks()
	if marks == c.seen {
		return
	}
	c.seen = marks
	if err := c.load(); err != nil {
		c.log.Error().Err(err).Msg("renewed certificate not taken; the old one stays in use")
		return
	}
	c.log.Info().Str("flag", c.flag).Time("valid_until", c.current.Load().Leaf.NotAfter).Msg("certificate renewed")
}

func (c *certificate) marks() (marks [2]fileMark) {
	for n, name := range []string{c.cert, c.key} {
		if info, err := os.Stat(name); err == nil {
			marks[n] = fileMark{info.Size(), info.ModTime()}
		}
	}
	return marks
}
