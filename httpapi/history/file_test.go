package history

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

func TestARestartGoesOnWhereTheHistoryWasWritten(t *testing.T) {
	t.Parallel()
	h := begin(t)
	var all []*pool.Instance
	look := func(h *History, n int) time.Time {
		at := noon.Add(time.Duration(n) * lookEvery)
		all = append(all, ran(fmt.Sprint(n), at.Add(-5*time.Second), 3))
		h.Observe(view(1, 0, all...), at)
		return at
	}
	for n := 1; n <= 4; n++ {
		look(h, n)
	}
	require.NoError(t, h.write())
	for n := 5; n <= 7; n++ {
		look(h, n) // the server is killed before these are written
	}
	again := Open(h.path, noon.Add(time.Minute), zerolog.Nop())
	e, _ := again.Estimate("b1")
	require.Equal(t, 4, e.Count)
	now := look(again, 8)
	day := again.Points(Day, now)
	require.Equal(t, 8, day[0].Launches, "those that were not written are found in the View, the others not counted again")
	e, _ = again.Estimate("b1")
	require.Equal(t, Estimate{P50: 3, P90: 3, Count: 8}, e)
	require.Len(t, again.Points(Hour, now), 5, "looks that were not written are gone")
}

func TestADamagedFileCostsTheHistoryAlone(t *testing.T) {
	t.Parallel()
	packed := func(text string) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write([]byte(text))
		_ = z.Close()
		return b.Bytes()
	}
	whole := begin(t)
	whole.Observe(view(1, 0, ran("i1", noon, 5)), noon.Add(10*time.Second))
	require.NoError(t, whole.write())
	good, err := os.ReadFile(whole.path)
	require.NoError(t, err)
	flipped := bytes.Clone(good)
	flipped[len(flipped)/2] ^= 0x10
	rings := `"rings":[{"step":10},{"step":120},{"step":900}]`
	for reason, c := range map[string]struct {
		content []byte
		said    string
	}{
		"empty":                      {nil, "EOF"},
		"cut short":                  {good[:len(good)-9], "EOF"},
		"a changed bit":              {flipped, ""},
		"no gzip":                    {[]byte("history of the pool"), "gzip"},
		"no JSON":                    {packed("history"), "invalid"},
		"no object":                  {packed("[]"), "cannot unmarshal"},
		"an empty object":            {packed("{}"), "version 0"},
		"a newer version":            {packed(`{"version":2}`), "version 2"},
		"another resolution":         {packed(`{"version":1,"rings":[{"step":60},{"step":120},{"step":900}]}`), "resolution"},
		"a point out of step":        {packed(`{"version":1,"rings":[{"step":10,"records":[{"t":11}]},{"step":120},{"step":900}]}`), "order"},
		"points out of order":        {packed(`{"version":1,"rings":[{"step":10,"records":[{"t":20},{"t":10}]},{"step":120},{"step":900}]}`), "order"},
		"counts below 0":             {packed(`{"version":1,"rings":[{"step":10,"records":[{"t":20,"l":-1}]},{"step":120},{"step":900}]}`), "below 0"},
		"a number beyond all":        {packed(`{"version":1,"rings":[{"step":10,"records":[{"t":20,"a":[1e99]}]}]}`), "cannot unmarshal"},
		"more points than there are": {packed(`{"version":1,"rings":[{"step":10,"records":[` + strings.Repeat(`{},`, 400) + `{}]}]}`), "resolution"},
		"more launches than taken":   {packed(`{"version":1,"rings":[{"step":10,"taken":[{"seen":1,"kept":[1,2]}]},{"step":120},{"step":900}]}`), "too many launches"},
		"nothing counted":            {packed(`{"version":1,` + rings + `}`), "or none"},
		"a blueprint of nothing":     {packed(`{"version":1,` + rings + `,"seen":{"counted":{}},"last":{"b1":null}}`), "blueprint"},
		"endless":                    {packed(`{"version":1,"more":"` + strings.Repeat("x", maxUnpacked) + `"}`), "unexpected end"},
	} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			path, log := filepath.Join(t.TempDir(), FileName), &bytes.Buffer{}
			require.NoError(t, os.WriteFile(path, c.content, 0o600))
			h := Open(path, noon, zerolog.New(log))
			require.Contains(t, log.String(), "the charts begin anew")
			require.Contains(t, log.String(), c.said)
			require.Empty(t, h.Points(Hour, noon))
			h.Observe(view(1, 0, ran("i1", noon, 5)), noon.Add(10*time.Second))
			require.NoError(t, h.write())
			log.Reset()
			require.Len(t, Open(path, noon, zerolog.New(log)).Points(Hour, noon.Add(time.Minute)), 1)
			require.Empty(t, log.String())
		})
	}
}

func TestAFirstStartIsNoFault(t *testing.T) {
	t.Parallel()
	log := &bytes.Buffer{}
	Open(filepath.Join(t.TempDir(), FileName), noon, zerolog.New(log))
	require.Empty(t, log.String())
}

func TestAWriteThatFailsLeavesTheOldFile(t *testing.T) {
	t.Parallel()
	h := begin(t)
	h.Observe(view(1, 0), noon)
	require.NoError(t, h.write())
	old, err := os.ReadFile(h.path)
	require.NoError(t, err)
	h.Observe(view(1, 0), noon.Add(time.Minute))
	// What a crash left in the draft's place; then something that no file replaces.
	require.NoError(t, os.WriteFile(h.path+".new", []byte("half"), 0o600))
	require.NoError(t, h.write())
	require.NoFileExists(t, h.path+".new")
	written, err := os.ReadFile(h.path)
	require.NoError(t, err)
	require.NotEqual(t, old, written)
	require.NoError(t, os.Mkdir(h.path+".new", 0o700))
	require.Error(t, h.write())
	left, err := os.ReadFile(h.path)
	require.NoError(t, err)
	require.Equal(t, written, left)
}
