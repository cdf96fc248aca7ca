package pool_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

func TestAnnouncementsAreCheckedByField(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 29, 12, 0, 0, 0, time.UTC)
	good := pool.Announcement{Text: "Break at noon.\nSave your work.", Level: pool.LevelInfo, From: now, Until: now.Add(time.Hour)}
	for reason, c := range map[string]struct {
		change func(*pool.Announcement)
		field  string // empty: it is good
	}{
		"all is well":                 {func(*pool.Announcement) {}, ""},
		"no end":                      {func(a *pool.Announcement) { a.Until = time.Time{} }, ""},
		"a beginning to come":         {func(a *pool.Announcement) { a.From = now.Add(59 * time.Minute) }, ""},
		"letters count and not bytes": {func(a *pool.Announcement) { a.Text = strings.Repeat("ö", 500) }, ""},
		"no text":                     {func(a *pool.Announcement) { a.Text = "" }, "text"},
		"a text of blanks":            {func(a *pool.Announcement) { a.Text = " \n " }, "text"},
		"a text that is too long":     {func(a *pool.Announcement) { a.Text = strings.Repeat("ö", 501) }, "text"},
		"a control character":         {func(a *pool.Announcement) { a.Text = "a\x1b[31mb" }, "text"},
		"a tab":                       {func(a *pool.Announcement) { a.Text = "a\tb" }, "text"},
		"bytes that are no text":      {func(a *pool.Announcement) { a.Text = "a\xffb" }, "text"},
		"no level":                    {func(a *pool.Announcement) { a.Level = "" }, "level"},
		"an unknown level":            {func(a *pool.Announcement) { a.Level = "fatal" }, "level"},
		"a beginning in another life": {func(a *pool.Announcement) { a.From = now.AddDate(100, 0, 0) }, "from"},
		"an end in another life":      {func(a *pool.Announcement) { a.Until = now.AddDate(100, 0, 0) }, "until"},
		"an end before the beginning": {func(a *pool.Announcement) { a.From = now.Add(2 * time.Hour) }, "until"},
		"an end at the beginning":     {func(a *pool.Announcement) { a.From = a.Until }, "until"},
		"an end that is over already": {func(a *pool.Announcement) { a.From, a.Until = now.Add(-2*time.Hour), now.Add(-time.Hour) }, "until"},
		"an end in this very moment":  {func(a *pool.Announcement) { a.From, a.Until = now.Add(-time.Hour), now }, "until"},
	} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			a := good
			c.change(&a)
			err := a.Validate(now)
			if c.field == "" {
				require.NoError(t, err)
				return
			}
			requireInvalid(t, err, c.field, reason)
		})
	}
}

func TestAnAnnouncementIsWrittenWithItsBeginning(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 29, 12, 0, 0, 0, time.UTC)
	helsinki := time.FixedZone("EEST", 3*60*60)
	earlier, later := &pool.Announcement{From: now.Add(-time.Hour)}, &pool.Announcement{From: now.Add(time.Hour)}
	require.Equal(t, now, pool.Announcement{}.Written(now, nil).From, "a new one begins now")
	require.Equal(t, earlier.From, pool.Announcement{}.Written(now, earlier).From, "one that is shown goes on")
	require.Equal(t, now, pool.Announcement{}.Written(now, later).From, "one to come begins now")
	a := pool.Announcement{Text: " a\r\nb ", From: now.Add(time.Minute).In(helsinki), Until: now.Add(time.Hour).In(helsinki)}.Written(now, earlier)
	require.Equal(t, pool.Announcement{Text: "a\nb", From: now.Add(time.Minute), Until: now.Add(time.Hour)}, a)
}
