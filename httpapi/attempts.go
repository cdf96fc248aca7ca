package httpapi

import (
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"dockerdriver/actors/pool"
)

// Failed logins that are let through: a burst, then a steady trickle. An
// address may be a whole classroom's, so it gets more.
const (
	accountBurst = 10
	accountEvery = 6 * time.Second
	addressBurst = 50
	addressEvery = time.Second
	// maxLimiters bounds the memory that strangers can make us use.
	maxLimiters = 10_000
)

// attempts limits failed logins by account and by address. Logins that succeed
// cost nothing.
type attempts struct {
	accounts, addresses *limiters
}

func newAttempts() *attempts {
	return &attempts{
		accounts:  newLimiters(accountBurst, accountEvery),
		addresses: newLimiters(addressBurst, addressEvery),
	}
}

func (a *attempts) refuse(email, address string) error {
	now := time.Now()
	wait := max(a.accounts.wait(email, now), a.addresses.wait(networkOf(address), now))
	if wait == 0 {
		return nil
	}
	return &delayed{
		refusal: pool.Refuse(pool.CodeRateLimited, "Too many logins have failed.", "Wait a little, then try again."),
		after:   wait,
	}
}

func (a *attempts) failed(email, address string) {
	now := time.Now()
	a.accounts.spend(email, now)
	a.addresses.spend(networkOf(address), now)
}

// networkOf is what an attacker has one of: an IPv4 address, but 2⁶⁴ IPv6 ones.
func networkOf(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil || ip.Is4() || ip.Is4In6() {
		return address
	}
	prefix, err := ip.Prefix(64)
	if err != nil {
		return address
	}
	return prefix.String()
}

// limiters is one rate limiter for each key that has failed lately. When it is
// full of keys that still have something to wait for, further keys share one.
type limiters struct {
	burst int
	every time.Duration

	mu     sync.Mutex
	byKey  map[string]*rate.Limiter
	shared *rate.Limiter
}

func newLimiters(burst int, every time.Duration) *limiters {
	return &limiters{
		burst: burst, every: every, byKey: map[string]*rate.Limiter{},
		shared: rate.NewLimiter(rate.Every(every), burst),
	}
}

// wait returns how long the key must wait for its next attempt; 0: none.
func (l *limiters) wait(key string, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	one, known := l.byKey[key]
	if !known {
		if len(l.byKey) < maxLimiters {
			return 0
		}
		one = l.shared
	}
	missing := 1 - one.TokensAt(now)
	if missing <= 0 {
		return 0
	}
	return time.Duration(missing * float64(l.every))
}

func (l *limiters) spend(key string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	one, known := l.byKey[key]
	if !known {
		one = l.room(key, now)
	}
	one.AllowN(now, 1)
}

func (l *limiters) room(key string, now time.Time) *rate.Limiter {
	if len(l.byKey) >= maxLimiters {
		for k, one := range l.byKey {
			if one.TokensAt(now) >= float64(l.burst) {
				delete(l.byKey, k)
			}
		}
	}
	if len(l.byKey) >= maxLimiters {
		return l.shared
	}
	one := rate.NewLimiter(rate.Every(l.every), l.burst)
	l.byKey[strings.Clone(key)] = one
	return one
}
