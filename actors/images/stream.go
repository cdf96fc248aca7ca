package images

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"github.com/rs/zerolog"
)

// stream is a tarball that is made while it is read, in constant memory.
type stream struct {
	*io.PipeReader
	stop context.CancelFunc
	done chan struct{}
}

// newStream takes over file, of which write makes the tarball. A panic of write ends
// the stream as an error, logged once with its stack: it must not take the server with it.
func newStream(ctx context.Context, log zerolog.Logger, file *os.File, write func(context.Context, io.Writer) error) *stream {
	ctx, stop := context.WithCancel(ctx)
	reader, writer := io.Pipe()
	made := &stream{PipeReader: reader, stop: stop, done: make(chan struct{})}
	go func() {
		defer close(made.done)
		buffered := bufio.NewWriterSize(writer, 256<<10)
		err := guarded(log, func() error { return write(ctx, buffered) })
		if err == nil {
			err = buffered.Flush()
		}
		writer.CloseWithError(errors.Join(err, file.Close()))
	}()
	return made
}

func guarded(log zerolog.Logger, write func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			log.Error().Interface("reason", r).Bytes("stack", debug.Stack()).Msg("image stream panicked")
			err = fmt.Errorf("cannot make the tarball: internal fault: %v", r)
		}
	}()
	return write()
}

// Close ends the making too, and returns when the file is closed.
func (s *stream) Close() error {
	s.stop()
	err := s.PipeReader.Close()
	<-s.done
	return err
}
