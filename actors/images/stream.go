package images

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
)

// stream is a tarball that is made while it is read, in constant memory.
type stream struct {
	*io.PipeReader
	stop context.CancelFunc
	done chan struct{}
}

// newStream takes over file, which is read from its beginning.
func newStream(ctx context.Context, file *os.File, r recipe, chosen choice) *stream {
	ctx, stop := context.WithCancel(ctx)
	reader, writer := io.Pipe()
	made := &stream{PipeReader: reader, stop: stop, done: make(chan struct{})}
	go func() {
		defer close(made.done)
		buffered := bufio.NewWriterSize(writer, 256<<10)
		err := r.write(ctx, buffered, file, chosen)
		if err == nil {
			err = buffered.Flush()
		}
		writer.CloseWithError(errors.Join(err, file.Close()))
	}()
	return made
}

// Close ends the making too, and returns when the file is closed.
func (s *stream) Close() error {
	s.stop()
	err := s.PipeReader.Close()
	<-s.done
	return err
}
