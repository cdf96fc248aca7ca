package notebook

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// clock sends the time as server-sent events: ?n= of them (0, the default: until
// the reader leaves), one every ?ms= (1000).
func clock(w http.ResponseWriter, r *http.Request) {
	count, err := whole(r, "n", 0, 1_000_000)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	pause, err := whole(r, "ms", 1000, int(maxSlow/time.Millisecond))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	stream := http.NewResponseController(w)
	ticker := time.NewTicker(max(time.Duration(pause)*time.Millisecond, time.Millisecond))
	defer ticker.Stop()
	for i := 1; ; i++ {
		now := time.Now().UTC().Format(time.RFC3339Nano)
		if _, err := fmt.Fprintf(w, "id: %d\ndata: {\"n\":%d,\"time\":%q}\n\n", i, i, now); err != nil {
			return
		}
		if err := stream.Flush(); err != nil || i == count {
			return
		}
		select {
		case <-ticker.C:
		case <-r.Context().Done():
			return
		}
	}
}

// slow answers after ?ms= (1000).
func slow(w http.ResponseWriter, r *http.Request) {
	pause, err := whole(r, "ms", 1000, int(maxSlow/time.Millisecond))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	select {
	case <-time.After(time.Duration(pause) * time.Millisecond):
		_, _ = fmt.Fprintf(w, "answered after %d ms\n", pause)
	case <-r.Context().Done():
	}
}

// blob sends ?mb= MiB (1) of the bytes 0 to 255 over and over, with a
// Content-Length unless ?chunked=1.
func blob(w http.ResponseWriter, r *http.Request) {
	size, err := whole(r, "mb", 1, maxBlob)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	if r.URL.Query().Get("chunked") == "" {
		w.Header().Set("Content-Length", strconv.Itoa(size<<20))
	}
	w.WriteHeader(http.StatusOK)
	// Without a flush before the first byte a small answer would get a length.
	if err := http.NewResponseController(w).Flush(); err != nil {
		return
	}
	block := make([]byte, 64<<10)
	for i := range block {
		block[i] = byte(i)
	}
	for range size << 20 / len(block) {
		if _, err := w.Write(block); err != nil {
			return
		}
	}
}
