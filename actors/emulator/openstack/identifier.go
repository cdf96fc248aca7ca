package openstack

import (
	"crypto/rand"
	"encoding/hex"
	"regexp"
)

var uuidShape = regexp.MustCompile(`^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$`)

func newHex() string {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand ends the program instead
	return hex.EncodeToString(random[:])
}

func newUUID() string {
	h := newHex()
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-8" + h[17:20] + "-" + h[20:]
}

func orNew(given string, make func() string) string {
	if given != "" {
		return given
	}
	return make()
}
