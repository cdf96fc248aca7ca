package persistence

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
)

// bbolt's file format (its internal/common: meta.go, page.go, bucket.go).
const (
	boltMagic       = 0xED0CDAED
	boltVersion     = 2
	pageHeader      = 16 // id u64, flags u16, count u16, overflow u32
	branchElement   = 16 // pos u32, key size u32, page u64
	leafElement     = 16 // flags u32, pos u32, key size u32, value size u32
	bucketHeader    = 16 // root page u64, sequence u64
	metaSize        = 64
	pageBranch      = 0x01
	pageLeaf        = 0x02
	pageFreelist    = 0x10
	elementIsBucket = 1
	noFreelist      = ^uint64(0)
	maxDepth        = 64 // of the tree; real ones have 2 to 5 levels
	maxPageSize     = 64 << 10
)

var native = binary.NativeEndian // bbolt writes as the machine does

// boltMeta is the root of one version of the tree; the file has the last two.
type boltMeta struct {
	pageSize, root, freelist, pages, tx uint64
}

// readMeta returns the newest valid meta page; spare tells whether both are valid.
func readMeta(file io.ReaderAt) (newest boltMeta, spare bool, err error) {
	first, err := metaAt(file, 0)
	if err == nil {
		second, err2 := metaAt(file, int64(first.pageSize))
		if err2 == nil && second.tx > first.tx {
			return second, true, nil
		}
		return first, err2 == nil, nil
	}
	for size := int64(512); size <= maxPageSize; size *= 2 {
		if second, err2 := metaAt(file, size); err2 == nil && int64(second.pageSize) == size {
			return second, false, nil
		}
	}
	return boltMeta{}, false, err
}

func metaAt(file io.ReaderAt, offset int64) (boltMeta, error) {
	page := make([]byte, pageHeader+metaSize)
	if _, err := file.ReadAt(page, offset); err != nil {
		return boltMeta{}, errors.New("it is too short for a database")
	}
	m := page[pageHeader:]
	sum := fnv.New64a()
	_, _ = sum.Write(m[:metaSize-8])
	switch {
	case native.Uint32(m) != boltMagic:
		return boltMeta{}, errors.New("it does not begin like a database")
	case native.Uint32(m[4:]) != boltVersion:
		return boltMeta{}, fmt.Errorf("its format is version %d instead of %d", native.Uint32(m[4:]), boltVersion)
	case native.Uint64(m[metaSize-8:]) != sum.Sum64():
		return boltMeta{}, errors.New("the checksum of its first page is wrong")
	}
	meta := boltMeta{
		pageSize: uint64(native.Uint32(m[8:])), root: native.Uint64(m[16:]), freelist: native.Uint64(m[32:]),
		pages: native.Uint64(m[40:]), tx: native.Uint64(m[48:]),
	}
	if meta.pageSize < 512 || meta.pageSize > maxPageSize {
		return boltMeta{}, fmt.Errorf("its page size is %d", meta.pageSize)
	}
	return meta, nil
}

// slice returns size bytes of data from at+pos on.
func slice(data []byte, at uint64, pos, size uint32) ([]byte, error) {
	from := at + uint64(pos)
	if to := from + uint64(size); to <= uint64(len(data)) {
		return data[from:to], nil
	}
	return nil, errors.New("an element reaches beyond its page")
}
