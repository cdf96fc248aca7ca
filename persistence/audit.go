package persistence

import (
	"context"
	"fmt"
	"math"
	"strconv"

	bolt "go.etcd.io/bbolt"

	"dockerdriver/actors/pool"
)

// MaxAuditEntries bounds the audit log: the oldest entries make room.
const MaxAuditEntries = 10_000

// audit's keys are numbers of 20 digits, so that their order as text is theirs as numbers.
var audit = table[pool.AuditEntry]{name: "audit"}

func auditKey(number uint64) string { return fmt.Sprintf("%020d", number) }

// AppendAudit adds an entry to the audit log.
func (db *DB) AppendAudit(ctx context.Context, entry pool.AuditEntry) error {
	return db.batch(ctx, "write the audit log", func(tx *bolt.Tx) error {
		number, err := tx.Bucket([]byte(audit.name)).NextSequence()
		if err != nil {
			return err
		}
		keyed := table[pool.AuditEntry]{name: audit.name, key: func(pool.AuditEntry) string { return auditKey(number) }}
		writes, err := keyed.put(entry)
		if err != nil {
			return err
		}
		if number > MaxAuditEntries {
			writes = append(writes, audit.drop(auditKey(number-MaxAuditEntries))...)
		}
		return apply(tx, writes)
	})
}

// AuditEntries returns the newest entries first, at most limit (at least 1).
func (db *DB) AuditEntries(ctx context.Context, limit int) ([]pool.AuditEntry, error) {
	entries, _, err := db.AuditPage(ctx, "", limit)
	return entries, err
}

// AuditPage returns at most limit entries (at least 1), newest first, that are older
// than the cursor; an empty cursor starts at the newest. Next is the cursor of
// the following page, empty at the end. A cursor that AuditPage did not give is CodeInvalid.
func (db *DB) AuditPage(ctx context.Context, cursor string, limit int) (entries []pool.AuditEntry, next string, err error) {
	before := uint64(math.MaxUint64)
	if cursor != "" {
		if before, err = strconv.ParseUint(cursor, 10, 64); err != nil {
			return nil, "", pool.Invalid("cursor", "The cursor is not one of this list.", "Use the next_cursor of the page before.")
		}
	}
	err = db.view(ctx, "read the audit log", func(tx *bolt.Tx) error {
		c := tx.Bucket([]byte(audit.name)).Cursor()
		k, v := c.Seek([]byte(auditKey(before)))
		if k == nil {
			k, v = c.Last()
		}
		for ; k != nil; k, v = c.Prev() {
			if string(k) >= auditKey(before) {
				continue
			}
			if len(entries) == max(1, limit) {
				next = auditKey(before)
				return nil
			}
			entry, err := audit.decode(k, v)
			if err != nil {
				return err
			}
			entries = append(entries, entry)
			if before, err = strconv.ParseUint(string(k), 10, 64); err != nil {
				return fmt.Errorf("the audit log has an entry %q, which is no number", k)
			}
		}
		return nil
	})
	return entries, next, err
}
