package persistence

import (
	"encoding/json"
	"fmt"
	"iter"

	bolt "go.etcd.io/bbolt"
)

// table is one bucket of JSON records.
type table[T any] struct {
	name string
	key  func(T) string
}

// write is one change of one bucket. A nil value deletes.
type write struct {
	bucket string
	key    string
	value  []byte
}

// put encodes records for a transaction that is yet to come: a batch may run
// its function more than once, and others wait meanwhile.
func (t table[T]) put(records ...T) ([]write, error) {
	writes := make([]write, 0, len(records))
	for _, r := range records {
		value, err := json.Marshal(r)
		if err != nil {
			return nil, fmt.Errorf("cannot encode %s of %s: %v", t.key(r), t.name, err)
		}
		writes = append(writes, write{bucket: t.name, key: t.key(r), value: value})
	}
	return writes, nil
}

func (t table[T]) drop(keys ...string) []write {
	writes := make([]write, 0, len(keys))
	for _, k := range keys {
		writes = append(writes, write{bucket: t.name, key: k})
	}
	return writes
}

// get returns a record; found is false when there is none of that key.
func (t table[T]) get(tx *bolt.Tx, key string) (record T, found bool, err error) {
	value := tx.Bucket([]byte(t.name)).Get([]byte(key))
	if value == nil {
		return record, false, nil
	}
	record, err = t.decode([]byte(key), value)
	return record, err == nil, err
}

// each yields all records in the order of their keys, and ends at the first
// that cannot be read.
func (t table[T]) each(tx *bolt.Tx) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		c := tx.Bucket([]byte(t.name)).Cursor()
		for k, v := c.First(); k != nil; k, v = c.Next() {
			record, err := t.decode(k, v)
			if !yield(record, err) || err != nil {
				return
			}
		}
	}
}

// all returns the records that keep accepts; a nil keep accepts all.
func (t table[T]) all(tx *bolt.Tx, keep func(T) bool) ([]T, error) {
	var records []T
	for r, err := range t.each(tx) {
		if err != nil {
			return nil, err
		}
		if keep == nil || keep(r) {
			records = append(records, r)
		}
	}
	return records, nil
}

// check reads every record of the bucket and compares it with its key.
func (t table[T]) check(tx *bolt.Tx) error {
	bucket := tx.Bucket([]byte(t.name))
	if bucket == nil {
		return fmt.Errorf("the bucket %s is missing", t.name)
	}
	return bucket.ForEach(func(k, v []byte) error {
		record, err := t.decode(k, v)
		if err == nil && t.key != nil && t.key(record) != string(k) {
			err = fmt.Errorf("the record %q of %s says that it is %q", k, t.name, t.key(record))
		}
		return err
	})
}

func (t table[T]) decode(key, value []byte) (record T, err error) {
	if err := json.Unmarshal(value, &record); err != nil {
		return record, fmt.Errorf("the record %q of %s is not readable: %v", key, t.name, err)
	}
	return record, nil
}

// apply makes the changes, in their order.
func apply(tx *bolt.Tx, writes []write) error {
	for _, w := range writes {
		bucket := tx.Bucket([]byte(w.bucket))
		var err error
		if w.value == nil {
			err = bucket.Delete([]byte(w.key))
		} else {
			err = bucket.Put([]byte(w.key), w.value)
		}
		if err != nil {
			return fmt.Errorf("cannot write %q of %s: %v", w.key, w.bucket, err)
		}
	}
	return nil
}
