package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/images"
)

const (
	pullsAt = "GET /image-pulls"
	pullAt  = "POST /image-pulls"
)

func pullJSON(state, more string) string {
	return `{"id":"p1","reference":"rocker/rstudio:4.4","platform":"linux/amd64","state":"` + state + `"` + more + `}`
}

func listOf(item string) string { return `{"items":[` + item + `],"next_cursor":null}` }

func TestPullIsFollowedToItsEnd(t *testing.T) {
	t.Parallel()
	a := start(t, map[string][]string{
		pullAt: {pullJSON("pulling", `,"got":0,"total":0`)},
		pullsAt: {
			listOf(pullJSON("pulling", `,"got":30000000,"total":100000000`)), listOf(pullJSON("pulling", `,"got":35000000,"total":100000000`)),
			listOf(pullJSON("done", `,"got":100000000,"total":100000000,"file":"rocker.rstudio.4.4.img"`)),
		},
	})
	r := a.call(t, "image", "pull", "rocker/rstudio:4.4", "--platform", "linux/amd64")
	require.Equal(t, exitDone, r.code, r.err)
	require.Contains(t, r.out, "rocker.rstudio.4.4.img")
	require.JSONEq(t, `{"reference":"rocker/rstudio:4.4","platform":"linux/amd64"}`, a.bodies[0])
	require.Equal(t, "rocker/rstudio:4.4: asking the registry\nrocker/rstudio:4.4: 30MB of 100MB (30 %)\nrocker/rstudio:4.4: 100MB of 100MB (100 %)\n", r.err,
		"without a terminal there are lines, not too many")
	r = a.call(t, "image", "pull", "rocker/rstudio:4.4", "-o", "json")
	require.JSONEq(t, pullJSON("done", `,"got":100000000,"total":100000000,"file":"rocker.rstudio.4.4.img"`), r.out)
}

func TestPullThatFailsIsAnError(t *testing.T) {
	t.Parallel()
	a := start(t, map[string][]string{pullAt: {pullJSON("pulling", "")}, pullsAt: {listOf(pullJSON("failed", `,"failure":"Docker Hub has no image x."`))}})
	r := a.call(t, "image", "pull", "x")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.err, "cannot pull x: Docker Hub has no image x.")

	gone := start(t, map[string][]string{pullAt: {pullJSON("pulling", "")}, pullsAt: {`{"items":[]}`}})
	require.Contains(t, gone.call(t, "image", "pull", "x").err, "nothing of the pull is left. Pull again")
}

func TestInterruptedPullIsCancelled(t *testing.T) {
	t.Parallel()
	a := start(t, map[string][]string{pullAt: {pullJSON("pulling", "")}, pullsAt: {listOf(pullJSON("pulling", ""))}, "DELETE /image-pulls/p1": {`{}`}})
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	var out writer
	shown := interrupted{interrupt: interrupt}
	code := run(ctx, []string{"image", "pull", "x", "--server", a.url, "--token", "t"}, streams{out: &out, err: &shown}, nil)
	require.Equal(t, exitFailed, code, string(shown.writer))
	require.Contains(t, string(shown.writer), "interrupted: the pull was cancelled, nothing of it is left")
}

// interrupted is a stream whose reader presses Ctrl-C at the first line.
type interrupted struct {
	writer
	interrupt func()
}

func (i *interrupted) Write(p []byte) (int, error) {
	i.interrupt()
	return i.writer.Write(p)
}

// writer is a stream in memory.
type writer []byte

func (w *writer) Write(p []byte) (int, error) {
	*w = append(*w, p...)
	return len(p), nil
}

const twoImagesJSON = `{"id":"sha256:0123456789abcdef","tags":["a/b:1"],"file":"a.b.1.img","fault":"","hosts":[` +
	`{"host_id":"h1","state":"%s","sent":10,"total":10},{"host_id":"h2","state":"absent"}]},{"id":"","tags":[],"file":"bad.img","fault":"It is cut off."}`

func presenceJSON(state string) string { return listOf(fmt.Sprintf(twoImagesJSON, state)) }

func TestImageIsPushedToTheHostsThatAreNamed(t *testing.T) {
	t.Parallel()
	sending := `{"id":"sha256:0123456789abcdef","tags":["a/b:1"],"hosts":[{"host_id":"h1","state":"sending","sent":4,"total":10},{"host_id":"h2","state":"absent"}]}`
	for name, c := range map[string]struct {
		ends  string
		code  int
		words string
	}{
		"it arrives":     {"present", exitDone, "a/b:1: 0 of 1, 1 sending"},
		"it cannot come": {"failed", exitFailed, "cannot bring a/b:1 to pb_dd_a1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := start(t, map[string][]string{
				"GET /images": {presenceJSON("absent"), presenceJSON(c.ends)}, hostsAt: hostsJSON(), "POST /images/sha256:0123456789abcdef/push": {sending},
			})
			r := a.call(t, "image", "push", "0123456789ab", "--host", "pb_dd_a1", "--wait")
			require.Equal(t, c.code, r.code, r.err)
			require.JSONEq(t, `{"host_ids":["h1"]}`, a.bodies[0])
			require.Contains(t, r.err, c.words)
			require.Contains(t, r.out, c.ends)
			require.NotContains(t, r.out, "absent", "only hosts that were asked for are shown")
		})
	}
	a := start(t, map[string][]string{"GET /images": {presenceJSON("absent")}, hostsAt: hostsJSON()})
	require.Contains(t, a.call(t, "image", "push", "a/b:1", "--host", "none").err, `there is no host "none"`)
	require.Contains(t, a.call(t, "image", "push", "bad.img").err, "cannot push bad.img: It is cut off.")
	require.Contains(t, a.call(t, "image", "push", "a/c").err, `there is no image "a/c"`)
}

func TestImageIsRemovedByWhatNamesIt(t *testing.T) {
	t.Parallel()
	for _, named := range []string{"a/b:1", "docker.io/a/b:1", "sha256:0123456789abcdef", "01234567", "a.b.1.img"} {
		a := start(t, map[string][]string{"GET /images": {presenceJSON("present")}, "DELETE /images/sha256:0123456789abcdef": {`{}`}})
		r := a.call(t, "image", "remove", named)
		require.Equal(t, exitDone, r.code, r.err)
		require.Equal(t, "removed a.b.1.img\n", r.out)
	}
	a := start(t, map[string][]string{"GET /images": {presenceJSON("present")}, "DELETE /images/bad.img": {`{}`}})
	require.Equal(t, "removed bad.img\n", a.call(t, "image", "remove", "bad.img").out)
	used := start(t, map[string][]string{
		"GET /images": {presenceJSON("present")}, "DELETE /images/sha256:0123456789abcdef": {`409 {"detail":"It is used by Demo.","code":"IMAGE_IN_USE"}`},
	})
	r := used.call(t, "image", "remove", "a/b:1")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.err, "cannot remove a/b:1: It is used by Demo. (IMAGE_IN_USE)")
}

func TestListTellsOnHowManyHostsAnImageIs(t *testing.T) {
	t.Parallel()
	a := start(t, map[string][]string{"GET /images": {presenceJSON("present")}})
	require.Contains(t, a.call(t, "image", "list").out, "1 of 2")
}

func TestVerifyTellsGoodFilesFromFaultyOnes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	good, bad := filepath.Join(dir, imagesDir, "good.img"), filepath.Join(dir, imagesDir, "bad.img")
	require.NoError(t, os.Mkdir(filepath.Dir(good), 0o700))
	require.NoError(t, os.Rename(filepath.Join(tinyImage(t), images.DemoFile), good))
	r := call(t, "image", "verify", "--data-dir", dir)
	require.Equal(t, exitDone, r.code, r.err)
	require.Contains(t, r.out, images.DemoTag)
	content, err := os.ReadFile(good)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(bad, content[:len(content)/2], 0o600))
	for _, args := range [][]string{{good, bad}, {"--data-dir", dir}} {
		r = call(t, append([]string{"image", "verify"}, args...)...)
		require.Equal(t, exitFailed, r.code)
		require.Contains(t, r.out, "the file ends too early")
		require.Contains(t, r.out, "good")
		require.Contains(t, r.err, "1 of 2 cannot be used")
	}
	r = call(t, "image", "verify", bad, "-o", "json")
	require.Equal(t, exitFailed, r.code)
	require.True(t, json.Valid([]byte(r.out)), r.out)
	require.Equal(t, exitFailed, call(t, "image", "verify", filepath.Join(dir, "none.img")).code)
}
