package persistence

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	bolt "go.etcd.io/bbolt"
)

// What the meta bucket holds, as plain text: it must be readable by every
// version, older and newer.
const (
	metaBucket       = "meta"
	metaSchema       = "schema"
	metaInstallation = "installation"
	metaCreated      = "created"
)

// installationBytes are random enough that two installations on one engine or
// in one cloud project never take each other's things for theirs.
const installationBytes = 16

func initialise(b *bolt.DB, now time.Time) error {
	installation := make([]byte, installationBytes)
	_, _ = rand.Read(installation) // never fails, says its documentation
	return b.Update(func(tx *bolt.Tx) error {
		meta, err := tx.CreateBucket([]byte(metaBucket))
		if err != nil {
			return err
		}
		for key, value := range map[string]string{
			metaSchema:       "0",
			metaInstallation: hex.EncodeToString(installation),
			metaCreated:      now.UTC().Format(time.RFC3339),
		} {
			if err := meta.Put([]byte(key), []byte(value)); err != nil {
				return err
			}
		}
		return nil
	})
}

var errForeign = errors.New("it is a bbolt file, but not one of DockerDriver's. Move it away, or choose another --data-dir")

func schemaOf(tx *bolt.Tx) (int, error) {
	meta := tx.Bucket([]byte(metaBucket))
	if meta == nil {
		return 0, errForeign
	}
	version, err := strconv.Atoi(string(meta.Get([]byte(metaSchema))))
	if err != nil || version < 0 {
		return 0, fmt.Errorf("its schema version %q is no number", meta.Get([]byte(metaSchema)))
	}
	return version, nil
}

func installationOf(tx *bolt.Tx) (string, error) {
	text := string(tx.Bucket([]byte(metaBucket)).Get([]byte(metaInstallation)))
	if id, err := hex.DecodeString(text); err != nil || len(id) != installationBytes {
		return "", fmt.Errorf("its installation id %q is not 32 hex digits", text)
	}
	return text, nil
}
