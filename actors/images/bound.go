package images

import (
	"context"
	"io"
)

// bound ends the reading of reader when ctx ends.
func bound(ctx context.Context, reader io.Reader) io.Reader {
	return &boundReader{ctx: ctx, reader: reader}
}

type boundReader struct {
	ctx    context.Context // io.Reader has no place for it
	reader io.Reader
}

func (b *boundReader) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	return b.reader.Read(p)
}
