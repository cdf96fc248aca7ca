package images

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/docker/go-units"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"golang.org/x/sys/unix"

	"dockerdriver/actors/pool"
)

// Waits of a pull. Each has a limit; the whole is bounded by who asks.
const (
	dialLimit     = 30 * time.Second
	answerLimit   = time.Minute // for the head of an answer, and for the next byte of a body
	pullAttempts  = 5           // of one stretch of a layer without progress
	pullPause     = time.Second // before the second, then doubled
	spareRoom     = 64 << 20    // bytes of the disk that a pull leaves free
	pullAgentName = "dockerdriver"
)

// Puller brings images from registries into an image directory.
//
// The file is a `docker save` tarball that is not packed itself; its layers are as
// the registry has them, so nothing is packed anew, the digests of the registry can
// be checked while it is written, and a push can leave layers out by skipping parts
// of the file. Engines since 1.10 unpack gzip'ed layers in it; what an engine before
// 23 cannot (zstd) is unpacked when the file is sent (Directory.Open).
type Puller struct {
	directory *Directory
	keychain  authn.Keychain
	transport http.RoundTripper
	backoff   remote.Backoff                  // of requests that are refused for a time
	room      func(dir string) (int64, error) // bytes free
}

// NewPuller makes a puller into a directory. Credentials are those that docker
// login has written for the user whom this process runs as (~/.docker/config.json,
// or in $DOCKER_CONFIG).
func NewPuller(directory *Directory) *Puller {
	return &Puller{
		directory: directory, keychain: authn.DefaultKeychain, room: freeBytes,
		transport: newResuming(pullPause, answerLimit),
		backoff:   remote.Backoff{Duration: time.Second, Factor: 3, Jitter: 0.1, Steps: 4},
	}
}

func newResuming(pause, silence time.Duration) *resuming {
	under := http.DefaultTransport.(*http.Transport).Clone()
	under.DialContext = (&net.Dialer{Timeout: dialLimit, KeepAlive: dialLimit}).DialContext
	under.ResponseHeaderTimeout = answerLimit
	return &resuming{under: under, attempts: pullAttempts, pause: pause, silence: silence}
}

// freeBytes tells the room that this user may use on a directory's disk.
func freeBytes(dir string) (int64, error) {
	var disk unix.Statfs_t
	if err := unix.Statfs(dir, &disk); err != nil {
		return 0, err
	}
	return int64(disk.Bavail) * disk.Bsize, nil //nolint:gosec // no disk has 2^63 blocks
}

// Pull brings an image into the directory, durably, and returns its file's name.
// The file of an earlier pull of the same tag is replaced when all of the new one
// is there; one that holds this very image already is kept. progress is called with
// the bytes of the file so far and in all. Whatever goes wrong, and when ctx ends,
// nothing is left. Errors for people are *pool.Error.
func (p *Puller) Pull(ctx context.Context, reference, platform string, progress func(got, total int64)) (file string, err error) {
	w, err := wantedOf(reference, platform)
	if err != nil {
		return "", err
	}
	if _, err := p.directory.RemoveLeftovers(); err != nil {
		p.directory.log.Warn().Err(err).Msg("cannot remove leftovers of pulls")
	}
	image, err := p.find(ctx, w)
	if err != nil {
		return "", w.explain(ctx, err)
	}
	kept, err := p.claim(ctx, w, image)
	if err != nil || kept {
		return w.file, w.explain(ctx, err)
	}
	size, err := tarball.CalculateSize(map[name.Reference]v1.Image{w.tag: image})
	if err != nil {
		return "", w.explain(ctx, err)
	}
	if err := p.fits(w, size); err != nil {
		return "", err
	}
	progress(0, size)
	if err := p.write(w, image, func(got int64) { progress(got, size) }); err != nil {
		return "", w.explain(ctx, err)
	}
	p.directory.log.Info().Str("image", w.tag.String()).Str("file", w.file).Int64("bytes", size).Msg("image pulled")
	return w.file, nil
}

// find asks the registry for the image, of the platform where there are several.
func (p *Puller) find(ctx context.Context, w wanted) (v1.Image, error) {
	found, err := remote.Get(w.source, remote.WithContext(ctx), remote.WithAuthFromKeychain(p.keychain), remote.WithTransport(p.transport),
		remote.WithPlatform(w.platform), remote.WithUserAgent(pullAgentName), remote.WithRetryBackoff(p.backoff))
	if err != nil {
		return nil, err
	}
	if found.MediaType.IsIndex() {
		if err := w.offered(found); err != nil {
			return nil, err
		}
	}
	image, err := found.Image()
	if err != nil {
		return nil, err
	}
	return image, w.fits(image)
}

// claim tells whether the directory holds the image already, and refuses a pull
// after which two files would claim one name or hold one image: neither could be used.
func (p *Puller) claim(ctx context.Context, w wanted, image v1.Image) (kept bool, err error) {
	id, err := image.ConfigName()
	if err != nil {
		return false, err
	}
	there, err := p.directory.Scan(ctx)
	if err != nil {
		return false, err
	}
	tag := pool.NormalizeRef(w.tag.String())
	for _, i := range there {
		switch named := slices.Contains(i.Tags, tag); {
		case i.Fault != "":
		case named && i.ID == id.String():
			return i.File == w.file, w.taken(i, tag)
		case i.File == w.file && !(named && len(i.Tags) == 1):
			return false, pool.Refuse(pool.CodeConflict, fmt.Sprintf("The file %s, which the pull would replace, holds %s as well.", i.File, strings.Join(i.Tags, ", ")),
				"Give that file another name first.")
		case i.File == w.file: // is replaced
		case named:
			return false, w.taken(i, tag)
		case i.ID == id.String():
			return false, pool.Refuse(pool.CodeConflict, fmt.Sprintf("%s is the very image that %s holds as %s: it is not pulled twice.", tag, i.File, i.Tags[0]),
				"Use that name, or remove that file first.")
		}
	}
	return false, nil
}

// taken refuses what another file holds under the same name.
func (w wanted) taken(by pool.Image, tag string) error {
	if by.File == w.file {
		return nil
	}
	return pool.Refuse(pool.CodeConflict, fmt.Sprintf("The file %s holds an image named %s already.", by.File, tag),
		"Remove that file first: the pull makes one named "+w.file+".")
}

func (p *Puller) fits(w wanted, size int64) error {
	free, err := p.room(p.directory.dir)
	if err != nil {
		return fmt.Errorf("cannot tell how much room there is in %s: %w", p.directory.dir, err)
	}
	if free-spareRoom >= size {
		return nil
	}
	return pool.Refuse(pool.CodeNoRoom, fmt.Sprintf("There is no room for %s in %s: it takes %s, and %s are free, of which %s are to stay so.",
		w.tag, p.directory.dir, units.HumanSize(float64(size)), units.HumanSize(float64(free)), units.HumanSize(spareRoom)),
		"Remove images that nobody uses, or give it a larger disk.")
}

// write puts the tarball in its place. A reader sees the old file or the new one.
func (p *Puller) write(w wanted, image v1.Image, got func(int64)) (err error) {
	file, err := beginFile(p.directory.dir, w.file)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ifThere(os.Remove(file.Name())))
		}
		err = errors.Join(err, file.Close()) // the lock goes last
	}()
	if err := tarball.Write(w.tag, image, &counting{writer: file, told: got}); err != nil {
		return err
	}
	if err := errors.Join(file.Chmod(0o644), file.Sync()); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), filepath.Join(p.directory.dir, w.file)); err != nil {
		return err
	}
	return syncDir(p.directory.dir)
}

// counting tells how many bytes have been written.
type counting struct {
	writer io.Writer
	n      int64
	told   func(int64)
}

// Write is io.Writer's.
func (c *counting) Write(p []byte) (int, error) {
	n, err := c.writer.Write(p)
	c.n += int64(n)
	c.told(c.n)
	return n, err
}
