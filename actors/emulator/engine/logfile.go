package engine

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/go-units"
)

// maxLine is where dockerd cuts a long line into pieces.
const maxLine = 16 << 10

// logLine is one line in the format of dockerd's json-file driver.
type logLine struct {
	Log    string    `json:"log"`
	Stream string    `json:"stream"`
	Time   time.Time `json:"time"`
}

// logFile is a container's log: appended to while it runs, read by any number of readers at any time.
type logFile struct {
	path string
	// limit is the size in bytes at which the file starts anew, 0 for none; keep is how many older ones stay (max-size, max-file).
	limit int64
	keep  int

	mu         sync.Mutex
	file       *os.File
	size       int64
	generation int
	// changed is closed and replaced whenever there is something new for a reader.
	changed chan struct{}
	open    bool
}

func newLogFile(path string, config container.LogConfig) (*logFile, error) {
	l := &logFile{path: path, changed: make(chan struct{})}
	if size := config.Config["max-size"]; size != "" {
		limit, err := units.RAMInBytes(size)
		if err != nil {
			return nil, fmt.Errorf("invalid log option max-size: %v", err)
		}
		l.limit = limit
	}
	if files := config.Config["max-file"]; files != "" {
		n, err := strconv.Atoi(files)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("invalid log option max-file: %q must be a number from 1", files)
		}
		l.keep = n - 1
	}
	return l, nil
}

// begin opens the log for a run of the container, behind what earlier runs said.
func (l *logFile) begin() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	file, err := os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("cannot open the container's log: %v", err)
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return fmt.Errorf("cannot open the container's log: %v", err)
	}
	l.file, l.size, l.open = file, info.Size(), true
	return nil
}

// finish ends the run: followers come to their end.
func (l *logFile) finish() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.open {
		return
	}
	l.file.Close()
	l.open = false
	l.announce()
}

func (l *logFile) announce() {
	close(l.changed)
	l.changed = make(chan struct{})
}

func (l *logFile) append(line logLine) error {
	data, err := json.Marshal(line)
	if err != nil {
		return err
	}
	data = append(data, '\n')
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.open {
		return os.ErrClosed
	}
	if l.limit > 0 && l.size > 0 && l.size+int64(len(data)) > l.limit {
		if err := l.rotate(); err != nil {
			return err
		}
	}
	n, err := l.file.Write(data)
	l.size += int64(n)
	l.announce()
	return err
}

func (l *logFile) rotate() error {
	if l.keep == 0 {
		// A new file, not a cut one: readers finish the old one at their own pace.
		if err := os.Remove(l.path); err != nil {
			return err
		}
	}
	for n := l.keep; n > 0; n-- {
		older := l.path
		if n > 1 {
			older = fmt.Sprintf("%s.%d", l.path, n-1)
		}
		if err := os.Rename(older, fmt.Sprintf("%s.%d", l.path, n)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	file, err := os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	l.file.Close()
	l.file, l.size = file, 0
	l.generation++
	return nil
}

// copy takes a program's output stream into the log, line by line, until the stream's end.
func (l *logFile) copy(stream string, from io.Reader) error {
	reader := bufio.NewReaderSize(from, maxLine)
	for {
		line, err := reader.ReadSlice('\n')
		if len(line) > 0 {
			if err := l.append(logLine{Log: string(line), Stream: stream, Time: time.Now().UTC()}); err != nil {
				// A program must not hang on a full pipe because a disk is full.
				_, _ = io.Copy(io.Discard, reader)
				return err
			}
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return nil
		}
	}
}

// state tells a reader at the file's end what to do: wait for changed, go on with the next generation, or stop.
func (l *logFile) state() (generation int, changed <-chan struct{}, open bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.generation, l.changed, l.open
}
