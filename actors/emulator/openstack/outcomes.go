package openstack

import (
	"fmt"
	"regexp"
)

// What becomes of a build or a delete.
const (
	Stuck     = "stuck"      // BUILD, or the task state deleting, for ever
	Error     = "error"      // of a build: ERROR, with Message as the fault's text
	NoAddress = "no-address" // of a build: ACTIVE without a fixed address
	Ignored   = "ignored"    // of a delete: accepted, and nothing happens
)

// Outcome says what becomes of servers that are created after it was arranged.
type Outcome struct {
	// Match is a regular expression on the server's name; empty is any.
	Match string `json:"match"`
	// Times is how many servers it meets; 0 is all.
	Times int `json:"times"`
	// Build is empty (ACTIVE), Error, Stuck or NoAddress. A stuck build can be deleted.
	Build string `json:"build"`
	// Delete is empty (gone), Stuck or Ignored. Cloud.RemoveServer still works.
	Delete string `json:"delete"`
	// Message is the fault's text; empty is "No valid host was found. …".
	Message string `json:"message"`
	// Met counts the servers so far.
	Met int `json:"met"`

	pattern *regexp.Regexp
}

// Arrange says what becomes of servers that are created from now on; the first outcome that matches and is not used up counts.
func (c *Cloud) Arrange(outcome Outcome) error {
	pattern, err := regexp.Compile(outcome.Match)
	if err != nil {
		return fmt.Errorf("cannot arrange an outcome for %q: %v", outcome.Match, err)
	}
	if outcome.Times < 0 {
		return fmt.Errorf("cannot arrange an outcome %d times: the number must not be negative", outcome.Times)
	}
	switch outcome.Build {
	case "", Error, Stuck, NoAddress:
	default:
		return fmt.Errorf("cannot arrange a build that is %q: it must be %s, %s or %s", outcome.Build, Error, Stuck, NoAddress)
	}
	switch outcome.Delete {
	case "", Stuck, Ignored:
	default:
		return fmt.Errorf("cannot arrange a delete that is %q: it must be %s or %s", outcome.Delete, Stuck, Ignored)
	}
	outcome.pattern, outcome.Met = pattern, 0
	c.mu.Lock()
	defer c.mu.Unlock()
	c.outcomes = append(c.outcomes, &outcome)
	return nil
}

// Outcomes are those arranged, with how many servers each met.
func (c *Cloud) Outcomes() []Outcome {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := []Outcome{}
	for _, o := range c.outcomes {
		list = append(list, *o)
	}
	return list
}

// ClearOutcomes lets servers that are created from now on live as they should.
func (c *Cloud) ClearOutcomes() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.outcomes = nil
}

func (c *Cloud) outcomeFor(name string) *Outcome {
	for _, o := range c.outcomes {
		if (o.Times == 0 || o.Met < o.Times) && o.pattern.MatchString(name) {
			o.Met++
			return o
		}
	}
	return &Outcome{}
}
