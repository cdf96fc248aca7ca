package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOpenMakesTheAuthorityOnceAndFindsItAgain(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data", "pki")
	first, err := Open(dir)
	require.NoError(t, err)
	again, err := Open(dir)
	require.NoError(t, err)
	require.Equal(t, first.CertPEM(), again.CertPEM())
	require.True(t, first.key.Equal(again.key))

	info, err := os.Stat(filepath.Join(dir, KeyFile))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.InDelta(t, 10*365, time.Until(first.cert.NotAfter).Hours()/24, 1)
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, files, 2, "nothing half-written stays")

	other, err := Open(t.TempDir())
	require.NoError(t, err)
	require.NotEqual(t, first.cert.Subject.CommonName, other.cert.Subject.CommonName)
}

func TestFirstStartThatWasCutOffAfterTheKeyGoesOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key, err := makeKey(filepath.Join(dir, KeyFile))
	require.NoError(t, err)
	ca, err := Open(dir)
	require.NoError(t, err)
	require.True(t, key.Equal(ca.key))
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	write := func(t *testing.T, dir, name string, text []byte) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), text, 0o600))
	}
	for _, c := range []struct {
		name   string
		damage func(t *testing.T, dir string)
		words  string
	}{
		{"the key is gone", func(t *testing.T, dir string) {
			require.NoError(t, os.Remove(filepath.Join(dir, KeyFile)))
		}, "ca.key is missing: restore it"},
		{"the key is cut short", func(t *testing.T, dir string) {
			text, err := os.ReadFile(filepath.Join(dir, KeyFile))
			require.NoError(t, err)
			write(t, dir, KeyFile, text[:len(text)/2])
		}, "ca.key: the file is damaged"},
		{"the key's bytes are no key", func(t *testing.T, dir string) {
			write(t, dir, KeyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")}))
		}, "ca.key: the file is damaged"},
		{"others can read the key", func(t *testing.T, dir string) {
			require.NoError(t, os.Chmod(filepath.Join(dir, KeyFile), 0o640))
		}, "its mode 0640 lets others read it: set it to 0600"},
		{"the certificate is empty", func(t *testing.T, dir string) {
			write(t, dir, CertFile, nil)
		}, "ca.crt: the file is damaged"},
		{"the certificate's bytes are none", func(t *testing.T, dir string) {
			write(t, dir, CertFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")}))
		}, "ca.crt: the file is damaged"},
		{"the certificate is another authority's", func(t *testing.T, dir string) {
			other, err := Open(t.TempDir())
			require.NoError(t, err)
			write(t, dir, CertFile, other.CertPEM())
		}, "does not belong to the key"},
		{"the certificate is a server's", func(t *testing.T, dir string) {
			key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			require.NoError(t, err)
			ca, err := Open(dir)
			require.NoError(t, err)
			template := &x509.Certificate{SerialNumber: ca.cert.SerialNumber, NotBefore: ca.cert.NotBefore, NotAfter: ca.cert.NotAfter}
			der, err := x509.CreateCertificate(rand.Reader, template, template, ca.key.Public(), key)
			require.NoError(t, err)
			write(t, dir, CertFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
		}, "not a certificate authority"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			_, err := Open(dir)
			require.NoError(t, err)
			c.damage(t, dir)
			_, err = Open(dir)
			require.ErrorContains(t, err, c.words)
		})
	}
}

func TestExpiredAuthorityIsAnErrorWithItsDate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		_, err := Open(dir)
		require.NoError(t, err)
		time.Sleep(caLifetime + time.Hour)
		_, err = Open(dir)
		require.ErrorContains(t, err, "it ended on 2009-12-29: move both files away")
	})
}

func TestAuthorityOfTheFutureBlamesTheClock(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := Open(dir)
	require.NoError(t, err)
	synctest.Test(t, func(t *testing.T) { // it is the year 2000 in here
		_, err := Open(dir)
		require.ErrorContains(t, err, "set this machine's clock")
	})
}

func TestUnwritableDirectoryIsAnError(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := Open(filepath.Join(file, "pki"))
	require.ErrorContains(t, err, "cannot make the directory")
}
