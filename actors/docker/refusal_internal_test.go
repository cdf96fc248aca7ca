package docker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/containerd/errdefs"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

func TestRetriesDecideWhatPassesPeopleWhatStays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		why       string
		err       error
		permanent bool
	}{
		{"no error", nil, false},
		{"our own patience", fmt.Errorf("post: %w", context.DeadlineExceeded), false},
		{"a connection", errors.New("error during connect: EOF"), false},
		{"a stopping engine", fmt.Errorf("%w: shutting down", errdefs.ErrUnavailable), false},
		{"a lost containerd", fmt.Errorf("%w: ttrpc: closed: unknown", errdefs.ErrInternal), false},
		{"a wrong configuration", fmt.Errorf("%w: No command specified", errdefs.ErrInvalidArgument), true},
		{"a kernel that refuses", fmt.Errorf("%w: OCI runtime create failed", errdefs.ErrInternal), true},
		{"nothing there", fmt.Errorf("%w: No such image", errdefs.ErrNotFound), true},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.permanent, permanent(c.err))
		})
	}
}

func TestRefusalsKeepTheEnginesWordsAndSayWhatToDo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ why, engine, message, hint string }{
		{
			"docker-init is not installed", `Error response from daemon: exec: "docker-init": executable file not found in $PATH`,
			`It failed: exec: "docker-init": executable file not found in $PATH.`, "apt-get install tini",
		},
		{
			"another architecture", "OCI runtime create failed: exec format error: unknown",
			"It failed: OCI runtime create failed: exec format error: unknown.", "processor architecture",
		},
		{"words over several lines", "one\n\ttwo\x1b[31m three.\r\n", "It failed: one two three.", "Ask somebody."},
		{"too many words", strings.Repeat("ä", maxWords), "It failed: " + strings.Repeat("ä", maxWords/2) + "….", "Ask somebody."},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			err := refuse(pool.CodeStartFailed, "It failed", errors.New(c.engine), "Ask somebody.")
			require.Equal(t, c.message, err.Message)
			require.Contains(t, err.Hint, c.hint)
		})
	}
}

func TestOutputIsPlainText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ why, raw, plain string }{
		{"colours", "\x1b[1;31mred\x1b[0m", "red"},
		{"a title and a link", "\x1b]0;title\x07\x1b]8;;http://x\x1b\\link", "link"},
		{"a charset switch and a reset", "\x1b(B\x1bcx", "x"},
		{"a progress bar", "10%\r50%\r100%\r\n", "100%"},
		{"control characters, tabs stay", "a\x00\x07\tb\u009b1m", "a\tb1m"},
		{"text that runs backwards", "\u202eevil", "evil"},
		{"bytes that are no UTF-8", "a\xffb", "a\uFFFDb"},
		{"a sequence that never ends", "x\x1b]0;title", "x"},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.plain, plain(c.raw))
		})
	}
}

func TestLoadThatFailsHalfWaySaysSoInItsStream(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		why, answer, says string
		code              pool.Code
	}{
		{"all went well", `{"stream":"Loaded image: a:1\n"}` + "\r\n", "", ""},
		{"no answer at all is no failure", "", "", ""},
		{"a full disk", `{"stream":"x"}{"errorDetail":{"message":"write /x: no space left on device"},"error":"write"}`, "no space left on device. Tell", pool.CodeImagePush},
		{"an error of the old form", `{"error":"bad"}`, "bad", pool.CodeImagePush},
		{"an engine that stops", `{"errorDetail":{"message":"context canceled"}}`, "context canceled", pool.CodeInternal},
		{"an answer that breaks off", `{"stream":"x"}{"str`, "broke off", pool.CodeInternal},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			err := readLoad(strings.NewReader(c.answer))
			if c.says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.says)
			require.Equal(t, c.code, pool.CodeOf(err))
		})
	}
}
