package docker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"

	"dockerdriver/actors/pool"
)

// Limits of Logs.
const (
	MaxLogLines     = 2000
	MaxLogLineBytes = 4 << 10
)

// maxLogBytes bounds what one call reads from the engine.
const maxLogBytes = 16 << 20

// Logs returns the last lines of a container's output, standard output and
// standard error in the order the engine has them: at most lines (1 to
// MaxLogLines), each at most MaxLogLineBytes, without control characters and
// terminal colours.
func (e *Engine) Logs(ctx context.Context, containerID string, lines int) ([]string, error) {
	api, err := e.api(ctx)
	if err != nil {
		return nil, err
	}
	lines = min(max(lines, 1), MaxLogLines)
	stream, err := api.ContainerLogs(ctx, containerID, container.LogsOptions{
		ShowStdout: true, ShowStderr: true, Tail: strconv.Itoa(lines),
	})
	if errdefs.IsNotFound(err) {
		return nil, pool.Refuse(pool.CodeContainerGone, "The container is gone, and its output with it.", "Launch again.")
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the output of container %s: %w", containerID, err)
	}
	defer stream.Close()
	tail := &logTail{limit: lines}
	out, errs := &logLine{tail: tail}, &logLine{tail: tail}
	_, err = stdcopy.StdCopy(out, errs, io.LimitReader(stream, maxLogBytes))
	// What ends within a frame was cut by our own limit or by the engine; the rest is still of use.
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fmt.Errorf("cannot read the output of container %s: %w", containerID, err)
	}
	out.end()
	errs.end()
	return tail.lines, nil
}

// logTail keeps the last lines.
type logTail struct {
	limit int
	lines []string
}

func (t *logTail) add(line []byte) {
	if len(t.lines) == t.limit {
		copy(t.lines, t.lines[1:])
		t.lines = t.lines[:t.limit-1]
	}
	t.lines = append(t.lines, plain(string(line)))
}

// logLine gathers one stream's bytes into lines; what exceeds a line's limit is
// dropped.
type logLine struct {
	tail *logTail
	buf  []byte
	open bool
}

// Write never fails.
func (l *logLine) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		part, rest, ended := bytes.Cut(p, []byte{'\n'})
		l.buf = append(l.buf, part[:min(len(part), MaxLogLineBytes-len(l.buf))]...)
		l.open = true
		if ended {
			l.end()
		}
		p = rest
	}
	return n, nil
}

func (l *logLine) end() {
	if l.open {
		l.tail.add(l.buf)
	}
	l.buf, l.open = l.buf[:0], false
}

// escapes are terminal control sequences: CSI, OSC (titles, links) and the two-character ones.
var escapes = regexp.MustCompile(`\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])`)

// plain removes what a terminal or a page could take for more than text. Of a
// line that was overwritten by carriage returns (progress bars), the last state is kept.
func plain(s string) string {
	s = escapes.ReplaceAllString(strings.ToValidUTF8(s, "\uFFFD"), "")
	s = strings.TrimRight(s, "\r\n")
	s = s[strings.LastIndexByte(s, '\r')+1:]
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return r
		case r == '\n':
			return ' '
		// Cf holds the characters that reverse the direction of text.
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s)
}
