package engine

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/docker/docker/pkg/stdcopy"
)

// logTime is dockerd's form of a log line's time: RFC 3339 with always nine digits.
const logTime = "2006-01-02T15:04:05.000000000Z07:00"

func (e *Engine) containerLogs(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	reader := &logReader{stdout: truth(r, "stdout"), stderr: truth(r, "stderr"), timestamps: truth(r, "timestamps"), tail: -1}
	if !reader.stdout && !reader.stderr {
		return fail(http.StatusBadRequest, "Bad parameters: you must choose at least one stream")
	}
	c, err := e.containers.find(r.PathValue("name"))
	if err != nil {
		return err
	}
	if reader.since, _, err = readTime(query.Get("since")); err != nil {
		return err
	}
	if reader.until, _, err = readTime(query.Get("until")); err != nil {
		return err
	}
	// Anything that is no number means all, as in dockerd.
	if n, err := strconv.Atoi(query.Get("tail")); err == nil && n >= 0 {
		reader.tail = n
	}
	reader.tty = c.record.Config.Tty
	if !apiBefore(r, "1.42") {
		w.Header().Set("Content-Type", "application/vnd.docker.multiplexed-stream")
		if reader.tty {
			w.Header().Set("Content-Type", "application/vnd.docker.raw-stream")
		}
	}
	w.WriteHeader(http.StatusOK)
	reader.to, reader.flush = w, http.NewResponseController(w).Flush
	_ = reader.flush()
	reader.run(r.Context(), c.log, truth(r, "follow"))
	return nil
}

type logReader struct {
	stdout, stderr, timestamps, tty bool
	since, until                    time.Time
	tail                            int
	to                              io.Writer
	flush                           func() error
}

// run sends what there is, at most the tail of it, and then, if asked to follow, what comes until the container ends.
func (l *logReader) run(ctx context.Context, from *logFile, follow bool) {
	generation, _, _ := from.state()
	file, err := os.Open(from.path)
	if err != nil {
		// A container that has never run has no log, and its follower nothing to wait for.
		return
	}
	defer func() { file.Close() }()
	lines := bufio.NewReader(file)
	var partial []byte

	backlog := l.read(lines, &partial)
	if l.tail >= 0 && len(backlog) > l.tail {
		backlog = backlog[len(backlog)-l.tail:]
	}
	l.send(backlog)
	for follow {
		// Asked before reading, so that nothing said in between is slept over.
		current, changed, open := from.state()
		if fresh := l.read(lines, &partial); len(fresh) > 0 {
			l.send(fresh)
			continue
		}
		if current != generation {
			next, err := os.Open(from.path)
			if err != nil {
				return
			}
			file.Close()
			file, generation, partial = next, current, nil
			lines.Reset(file)
			continue
		}
		if !open {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// read returns the whole lines up to the file's present end that the request wants.
func (l *logReader) read(lines *bufio.Reader, partial *[]byte) []logLine {
	var list []logLine
	for {
		data, err := lines.ReadBytes('\n')
		*partial = append(*partial, data...)
		if err != nil {
			if !errors.Is(err, io.EOF) {
				*partial = nil
			}
			return list
		}
		var line logLine
		if json.Unmarshal(*partial, &line) == nil && l.wants(line) {
			list = append(list, line)
		}
		*partial = nil
	}
}

func (l *logReader) wants(line logLine) bool {
	if line.Stream == "stdout" && !l.stdout || line.Stream == "stderr" && !l.stderr {
		return false
	}
	return !line.Time.Before(l.since) && (l.until.IsZero() || !line.Time.After(l.until))
}

func (l *logReader) send(lines []logLine) {
	if len(lines) == 0 {
		return
	}
	for _, line := range lines {
		text := line.Log
		if l.timestamps {
			text = line.Time.Format(logTime) + " " + text
		}
		to := l.to
		if !l.tty {
			kind := stdcopy.Stdout
			if line.Stream == "stderr" {
				kind = stdcopy.Stderr
			}
			to = stdcopy.NewStdWriter(l.to, kind)
		}
		if _, err := io.WriteString(to, text); err != nil {
			return
		}
	}
	_ = l.flush()
}
