package persistence

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/rs/zerolog"
	bolt "go.etcd.io/bbolt"
)

// damaged says what is wrong with a file, and what to do: the backup that there is,
// or what it means that there is none.
func damaged(path string, why error) error {
	dir := filepath.Dir(path)
	do := "Nothing was changed. There is no backup in " + filepath.Join(dir, BackupsDir) + ". Restore one from elsewhere with `dockerdriver restore FILE --data-dir " + dir +
		"`, or move the file away to start with an empty one; running containers are then no longer known"
	if last, ok := LastGood(dir); ok && filepath.Base(path) == FileName {
		do = fmt.Sprintf("Nothing was changed. Restore a backup: `dockerdriver restore --data-dir %s` takes the last good one, of %s", dir, last.At.Format(time.RFC3339))
	}
	return fmt.Errorf("cannot open %s: the file is damaged (%v). %s", path, why, do)
}

// guarded turns a panic, and a read of mapped memory that the file does not
// back, into an error.
func guarded(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	return fn()
}

func checkRecords(tx *bolt.Tx) error {
	for _, check := range []func(*bolt.Tx) error{
		hosts.check, instances.check, blueprints.check, variables.check, notebookSessions.check,
		accounts.check, loginSessions.check, tokens.check, audit.check, announcements.check,
	} {
		if err := check(tx); err != nil {
			return err
		}
	}
	for _, index := range []string{accountsByEmail, tokensByHash} {
		if tx.Bucket([]byte(index)) == nil {
			return fmt.Errorf("the bucket %s is missing", index)
		}
	}
	return nil
}

// examination walks the file as bbolt would, each page at most once, so that it
// ends on any input.
type examination struct {
	file io.ReaderAt
	meta boltMeta
	used map[uint64]bool
	// last is the key before; the first key of a child may equal its parent's.
	last     []byte
	mayEqual bool
}

// examineFile checks the structure of a file before bbolt maps it.
func examineFile(path string, log zerolog.Logger) error {
	if err := examine(path, log); err != nil {
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
			return fmt.Errorf("cannot open the database: %v", err)
		}
		return damaged(path, err)
	}
	return nil
}

// examine says what is wrong with the structure of a file.
func examine(path string, log zerolog.Logger) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	meta, spare, err := readMeta(file)
	if err != nil {
		return err
	}
	if !spare {
		log.Warn().Str("path", path).Msg("database was not closed properly: going on from its last complete write")
	}
	if size := uint64(info.Size()); meta.pages > size/meta.pageSize {
		return fmt.Errorf("it has %d bytes, %d are missing", size, meta.pages*meta.pageSize-size)
	}
	x := &examination{file: file, meta: meta, used: map[uint64]bool{}}
	if err := x.tree(meta.root, maxDepth); err != nil {
		return err
	}
	return x.freelist()
}

// page reads a page with its overflow and marks it used.
func (x *examination) page(id uint64) ([]byte, error) {
	if id < 2 || id >= x.meta.pages {
		return nil, fmt.Errorf("page %d is referred to, of %d", id, x.meta.pages)
	}
	header := make([]byte, pageHeader)
	if _, err := x.file.ReadAt(header, int64(id*x.meta.pageSize)); err != nil {
		return nil, fmt.Errorf("page %d: %v", id, err)
	}
	more := uint64(native.Uint32(header[12:]))
	if native.Uint64(header) != id || id+more >= x.meta.pages {
		return nil, fmt.Errorf("page %d says that it is page %d with %d more", id, native.Uint64(header), more)
	}
	for n := id; n <= id+more; n++ {
		if x.used[n] {
			return nil, fmt.Errorf("page %d is used twice", n)
		}
		x.used[n] = true
	}
	data := make([]byte, (more+1)*x.meta.pageSize)
	if _, err := x.file.ReadAt(data, int64(id*x.meta.pageSize)); err != nil {
		return nil, fmt.Errorf("page %d: %v", id, err)
	}
	return data, nil
}

// tree checks a page and all below it, the buckets in it too.
func (x *examination) tree(id uint64, depth int) error {
	if depth == 0 {
		return fmt.Errorf("page %d is too deep", id)
	}
	data, err := x.page(id)
	if err != nil {
		return err
	}
	count := int(native.Uint16(data[10:]))
	switch native.Uint16(data[8:]) {
	case pageLeaf:
		err = x.leaf(data, count, depth)
	case pageBranch:
		err = x.branch(data, count, depth)
	default:
		return fmt.Errorf("page %d is of kind %#x", id, native.Uint16(data[8:]))
	}
	if err != nil {
		return fmt.Errorf("page %d: %w", id, err)
	}
	return nil
}

func (x *examination) branch(data []byte, count, depth int) error {
	if count == 0 {
		return errors.New("it leads nowhere")
	}
	for i := range count {
		at := uint64(pageHeader + i*branchElement)
		if at+branchElement > uint64(len(data)) {
			return errors.New("it has more elements than room")
		}
		e := data[at:]
		key, err := slice(data, at, native.Uint32(e), native.Uint32(e[4:]))
		if err != nil {
			return err
		}
		if err := x.next(key); err != nil {
			return err
		}
		x.mayEqual = true
		if err := x.tree(native.Uint64(e[8:]), depth-1); err != nil {
			return err
		}
	}
	return nil
}

func (x *examination) leaf(data []byte, count, depth int) error {
	for i := range count {
		at := uint64(pageHeader + i*leafElement)
		if at+leafElement > uint64(len(data)) {
			return errors.New("it has more elements than room")
		}
		e := data[at:]
		keySize := native.Uint32(e[8:])
		key, err := slice(data, at, native.Uint32(e[4:]), keySize)
		if err != nil {
			return err
		}
		value, err := slice(data, at+uint64(keySize), native.Uint32(e[4:]), native.Uint32(e[12:]))
		if err != nil {
			return err
		}
		if err := x.next(key); err != nil {
			return err
		}
		switch native.Uint32(e) {
		case 0:
		case elementIsBucket:
			if err := x.bucket(value, depth-1); err != nil {
				return fmt.Errorf("bucket %q: %w", key, err)
			}
		default:
			return fmt.Errorf("an element is of kind %#x", native.Uint32(e))
		}
	}
	return nil
}

// bucket checks a bucket of its own page, or a small one inside its parent's.
func (x *examination) bucket(value []byte, depth int) error {
	if len(value) < bucketHeader || depth <= 0 {
		return errors.New("its head is too short, or it is too deep")
	}
	inside := &examination{file: x.file, meta: x.meta, used: x.used}
	if root := native.Uint64(value); root != 0 {
		return inside.tree(root, depth)
	}
	data := value[bucketHeader:]
	if len(data) < pageHeader || native.Uint16(data[8:]) != pageLeaf {
		return errors.New("what it holds is no page")
	}
	return inside.leaf(data, int(native.Uint16(data[10:])), depth)
}

// next checks that keys rise.
func (x *examination) next(key []byte) error {
	if order := bytes.Compare(x.last, key); x.last != nil && (order > 0 || order == 0 && !x.mayEqual) {
		return fmt.Errorf("the key %q is out of order", key)
	}
	x.last, x.mayEqual = append([]byte{}, key...), false
	return nil
}

// freelist checks that no page in use may be written over.
func (x *examination) freelist() error {
	if x.meta.freelist == noFreelist {
		return nil
	}
	data, err := x.page(x.meta.freelist)
	if err != nil {
		return fmt.Errorf("list of free pages: %w", err)
	}
	if kind := native.Uint16(data[8:]); kind != pageFreelist {
		return fmt.Errorf("the list of free pages is a page of kind %#x", kind)
	}
	ids, count := data[pageHeader:], uint64(native.Uint16(data[10:]))
	if count == 0xFFFF { // the real count did not fit and comes first
		count, ids = native.Uint64(ids), ids[8:]
	}
	if count > uint64(len(ids)/8) {
		return fmt.Errorf("the list of free pages says that it has %d, with room for %d", count, len(ids)/8)
	}
	for i := range count {
		id := native.Uint64(ids[i*8:])
		if id < 2 || id >= x.meta.pages || x.used[id] {
			return fmt.Errorf("page %d counts as free, but is not", id)
		}
		x.used[id] = true
	}
	return nil
}
