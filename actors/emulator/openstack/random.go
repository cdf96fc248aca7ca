package openstack

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
)

// Random makes any call go wrong with a probability: refused with 500, 503 or 429, dropped before the work, or dropped after
// it (a lost reply), each as likely as the others. The same seed and the same order of calls give the same faults.
type Random struct {
	Seed        uint64  `json:"seed"`
	Probability float64 `json:"probability"` // 0 to 1; 0 ends them
	// Met counts the calls that went wrong so far.
	Met int `json:"met"`
}

type dice struct {
	mu     sync.Mutex
	random Random
	source *rand.Rand
}

// InjectRandom replaces the random faults, if there were any.
func (c *Cloud) InjectRandom(random Random) error {
	if !(random.Probability >= 0 && random.Probability <= 1) {
		return fmt.Errorf("cannot inject random faults: probability %v is not between 0 and 1", random.Probability)
	}
	random.Met = 0
	c.dice.mu.Lock()
	defer c.dice.mu.Unlock()
	c.dice.random, c.dice.source = random, rand.New(rand.NewPCG(random.Seed, 0))
	return nil
}

// RandomFaults are those injected, with how many calls they met.
func (c *Cloud) RandomFaults() Random {
	c.dice.mu.Lock()
	defer c.dice.mu.Unlock()
	return c.dice.random
}

func (d *dice) throw() (Fault, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.random.Probability == 0 || d.source.Float64() >= d.random.Probability {
		return Fault{}, false
	}
	d.random.Met++
	kinds := []Fault{
		{Status: http.StatusInternalServerError, Message: "Unexpected API Error."},
		{Status: http.StatusServiceUnavailable, Message: "The service is unavailable."},
		{Status: http.StatusTooManyRequests, Message: "This request was rate-limited."},
		{DropConnection: true},
		{DropConnection: true, After: true},
	}
	return kinds[d.source.IntN(len(kinds))], true
}
