package engine

import (
	"encoding/json"
	"net/http"

	"github.com/docker/docker/api/types/container"
)

// waitAnswer is dockerd's, which sends Error even when there is none.
type waitAnswer struct {
	Error      *container.WaitExitError
	StatusCode int64
}

func (e *Engine) waitContainer(w http.ResponseWriter, r *http.Request) error {
	c, err := e.containers.find(r.PathValue("name"))
	if err != nil {
		return err
	}
	c.mu.Lock()
	ended, running := c.ended, c.run != nil
	c.mu.Unlock()

	until := (<-chan struct{})(ended)
	switch container.WaitCondition(r.URL.Query().Get("condition")) {
	case container.WaitConditionNextExit:
	case container.WaitConditionRemoved:
		until = c.removed
	default:
		if !running {
			closed := make(chan struct{})
			close(closed)
			until = closed
		}
	}
	// The headers go out at once: they tell the client that from here on no exit is missed.
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	_ = http.NewResponseController(w).Flush()
	select {
	case <-until:
	case <-r.Context().Done():
		return nil
	}
	now, _ := c.snapshot()
	_ = json.NewEncoder(w).Encode(waitAnswer{StatusCode: int64(now.ExitCode)})
	return nil
}
