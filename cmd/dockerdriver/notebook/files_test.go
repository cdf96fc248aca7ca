package notebook

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

func TestFilesTravelThereAndBack(t *testing.T) {
	t.Parallel()
	server := open(t)
	content := make([]byte, 3<<20)
	_, _ = rand.Read(content)

	var form bytes.Buffer
	writer := multipart.NewWriter(&form)
	require.NoError(t, writer.WriteField("comment", "no file"))
	part, err := writer.CreateFormFile("file", `C:\data\über data.bin`)
	require.NoError(t, err)
	_, err = part.Write(content)
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	response, answer := do(t, server, http.MethodPost, "/upload", http.Header{"Content-Type": {writer.FormDataContentType()}}, &form)
	require.Equal(t, http.StatusOK, response.StatusCode, answer)

	response, _ = do(t, server, http.MethodPut, "/files/a.txt", nil, strings.NewReader("0123456789"))
	require.Equal(t, http.StatusCreated, response.StatusCode)
	response, _ = do(t, server, http.MethodPut, "/files/a.txt", nil, strings.NewReader("abcdefghij"))
	require.Equal(t, http.StatusCreated, response.StatusCode, "a file can be replaced")

	_, answer = get(t, server, "/files/")
	var files []File
	require.NoError(t, json.Unmarshal([]byte(answer), &files))
	require.Len(t, files, 2)
	require.Equal(t, "a.txt", files[0].Name)
	require.Equal(t, "über data.bin", files[1].Name)
	require.EqualValues(t, len(content), files[1].Size)

	_, back := get(t, server, "/files/%C3%BCber%20data.bin")
	require.True(t, back == string(content))
	ranged, slice := do(t, server, http.MethodGet, "/files/a.txt", http.Header{"Range": {"bytes=2-4"}}, nil)
	require.Equal(t, http.StatusPartialContent, ranged.StatusCode)
	require.Equal(t, "cde", slice)
	require.Equal(t, "attachment; filename=a.txt", ranged.Header.Get("Content-Disposition"))

	response, _ = do(t, server, http.MethodDelete, "/files/a.txt", nil, nil)
	require.Equal(t, http.StatusNoContent, response.StatusCode)
	response, _ = get(t, server, "/files/a.txt")
	require.Equal(t, http.StatusNotFound, response.StatusCode)
}

func TestFilesRefusedInWords(t *testing.T) {
	t.Parallel()
	server := open(t)
	cases := []struct {
		why, method, path, words string
		status                   int
	}{
		{"a way out of the folder", http.MethodPut, "/files/..%2Fx", "no slash", http.StatusBadRequest},
		{"the way of Windows", http.MethodPut, `/files/..%5Cx`, "no slash", http.StatusBadRequest},
		{"a hidden file", http.MethodGet, "/files/.profile", "no dot", http.StatusBadRequest},
		{"a long name", http.MethodDelete, "/files/" + strings.Repeat("n", 201), "200 bytes", http.StatusBadRequest},
		{"a file that is not there", http.MethodGet, "/files/none", "there is no file", http.StatusNotFound},
		{"a file that cannot be deleted twice", http.MethodDelete, "/files/none", "there is no file", http.StatusNotFound},
		{"an upload that is no form", http.MethodPost, "/upload", "multipart/form-data", http.StatusBadRequest},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			response, content := do(t, server, c.method, c.path, nil, nil)
			require.Equal(t, c.status, response.StatusCode)
			require.Contains(t, content, c.words)
		})
	}
}

func TestUploadWithoutFileIsRefused(t *testing.T) {
	t.Parallel()
	var form bytes.Buffer
	writer := multipart.NewWriter(&form)
	require.NoError(t, writer.WriteField("comment", "no file"))
	require.NoError(t, writer.Close())
	response, content := do(t, open(t), http.MethodPost, "/upload", http.Header{"Content-Type": {writer.FormDataContentType()}}, &form)
	require.Equal(t, http.StatusBadRequest, response.StatusCode)
	require.Contains(t, content, "cannot find a file")
}

func TestInterruptedUploadLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	shelf, err := openShelf(dir)
	require.NoError(t, err)
	t.Cleanup(shelf.close)
	_, err = shelf.save("a", io.MultiReader(strings.NewReader("half"), iotest.ErrReader(errors.New("gone"))))
	require.ErrorContains(t, err, "gone")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries)
}

func TestShelfStaysInsideItsFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, []byte("x"), 0o600))
	require.NoError(t, os.Symlink(secret, filepath.Join(dir, "link")))
	shelf, err := openShelf(dir)
	require.NoError(t, err)
	t.Cleanup(shelf.close)
	_, err = shelf.root.Open("link")
	require.Error(t, err)
	files, err := shelf.list()
	require.NoError(t, err)
	require.Empty(t, files)
}

func TestShelfNeedsAFolderThatCanBeWritten(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := openShelf(filepath.Join(file, "below"))
	require.ErrorContains(t, err, "cannot find a folder for files")
}
