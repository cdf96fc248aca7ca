package httpapi

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

const announcements = "/api/v1/announcements"

func TestAnAnnouncementsLife(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	ann, bob := s.as("ann"), s.as("bob")
	_, events := bob.listen("/api/v1/events")
	a := ann.do("POST", announcements, `{"text":" Break at noon.\r\nSave your work. ","level":"warning","until":"2099-01-01T12:00:00+02:00"}`).refused(t, 422, pool.CodeInvalid)
	require.Equal(t, "until", a.text("field"), "that is too far away")
	until := time.Now().Add(time.Hour).Round(time.Second)
	a = ann.do("POST", announcements, `{"text":" Break at noon.\r\nSave your work. ","level":"warning","until":"`+until.In(time.FixedZone("", 2*60*60)).Format(time.RFC3339)+`"}`).ok(t, 201)
	path := announcements + "/" + a.text("id")
	require.Equal(t, path, a.header.Get("Location"))
	require.Equal(t, `"1"`, a.header.Get("ETag"))
	require.Equal(t, "Break at noon.\nSave your work.", a.text("text"))
	require.Equal(t, until.UTC().Format(time.RFC3339), a.text("until"))
	require.NotEmpty(t, a.text("from"), "it begins now")
	require.Equal(t, "ann@example.org", a.text("created_by"))

	told := bob.next(events)
	require.Equal(t, "announcement", told.kind)
	require.Equal(t, []map[string]any{told.data}, bob.do("GET", announcements, "").ok(t, 200).items(), "an event has the shape of a GET")
	require.Equal(t, "warning", told.data["level"])
	require.Empty(t, told.data["created_by"], "users need not know who")
	require.Empty(t, told.data["updated_by"])

	draft, err := json.Marshal(map[string]any{"text": a.json["text"], "level": "critical", "from": a.json["from"], "until": nil})
	require.NoError(t, err)
	changed := ann.do("PUT", path, string(draft), "If-Match", `"1"`).ok(t, 200)
	require.Equal(t, `"2"`, changed.header.Get("ETag"))
	require.Equal(t, a.text("from"), changed.text("from"))
	require.Nil(t, changed.json["until"])
	require.Equal(t, "critical", bob.next(events).data["level"])

	ann.do("DELETE", path, "", "If-Match", `"2"`).ok(t, 204)
	require.Equal(t, map[string]any{"deleted": true, "id": a.text("id")}, bob.next(events).data)
	require.Empty(t, bob.do("GET", announcements, "").ok(t, 200).items())
	ann.do("DELETE", path, "").refused(t, 404, pool.CodeNotFound)
	ann.do("PUT", path, string(draft)).refused(t, 404, pool.CodeNotFound)
	for _, action := range []string{"announcement.create", "announcement.update", "announcement.delete"} {
		require.Len(t, s.actions(action), 1, action)
	}
}

func TestAnnouncementsThatAreOverAreForAdministrators(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	now := time.Now()
	s.pool.mu.Lock()
	s.pool.view.Announcements = []*pool.Announcement{
		{ID: "over", Text: "Over.", Level: pool.LevelInfo, From: now.Add(-2 * time.Hour), Until: now.Add(-time.Hour)},
		{ID: "current", Text: "Current.", Level: pool.LevelInfo, From: now.Add(-time.Hour), CreatedBy: "ann"},
		{ID: "upcoming", Text: "Upcoming.", Level: pool.LevelInfo, From: now.Add(time.Hour), Until: now.Add(2 * time.Hour)},
	}
	s.pool.mu.Unlock()
	ids := func(v *visitor, query string) (ids []string) {
		for _, item := range v.do("GET", announcements+query, "").ok(t, 200).items() {
			ids = append(ids, item["id"].(string))
		}
		return ids
	}
	require.Equal(t, []string{"current", "upcoming"}, ids(s.as("bob"), ""))
	require.Equal(t, []string{"current", "upcoming"}, ids(s.as("ann"), ""))
	require.Equal(t, []string{"over", "current", "upcoming"}, ids(s.as("ann"), "?all=true"))
	s.as("bob").do("GET", announcements+"?all=true", "").refused(t, 403, pool.CodeForbidden)
	s.as("ann").do("GET", announcements+"?cursor=x", "").refused(t, 422, pool.CodeInvalid)
}

func TestUsersAnnounceNothing(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	bob, path := s.as("bob"), announcements+"/"+s.announcement()
	bob.do("POST", announcements, `{"text":"Free cake!","level":"info"}`).refused(t, 403, pool.CodeForbidden)
	bob.do("PUT", path, `{"text":"Free cake!","level":"info"}`).refused(t, 403, pool.CodeForbidden)
	bob.do("DELETE", path, "").refused(t, 403, pool.CodeForbidden)
	require.Len(t, bob.do("GET", announcements, "").ok(t, 200).items(), 1)
}

// announcement makes one and returns its id.
func (s *site) announcement() string {
	s.t.Helper()
	return s.as("ann").do("POST", announcements, `{"text":"Break at noon.","level":"info"}`).ok(s.t, 201).text("id")
}

func TestAnOldVersionOfAnAnnouncementIsNotWrittenOver(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	ann, path := s.as("ann"), announcements+"/"+s.announcement()
	const next = `{"text":"Break at one.","level":"info"}`
	ann.do("PUT", path, next, "If-Match", `"1"`).ok(t, 200)
	for _, old := range []string{`"1"`, `W/"1"`, `"99"`, `"abc"`} {
		ann.do("PUT", path, next, "If-Match", old).refused(t, 412, pool.CodeEditConflict)
		ann.do("DELETE", path, "", "If-Match", old).refused(t, 412, pool.CodeEditConflict)
	}
	ann.do("PUT", path, next).ok(t, 200)
}

func TestBadAnnouncementsAreRefusedByField(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	ann, path := s.as("ann"), announcements+"/"+s.announcement()
	for reason, c := range map[string]struct{ body, field string }{
		"no text":                     {`{"text":" ","level":"info"}`, "text"},
		"text left out":               {`{"level":"info"}`, "text"},
		"a text of great length":      {`{"text":"` + strings.Repeat("ä", 501) + `","level":"info"}`, "text"},
		"a control character":         {`{"text":"a\u0007","level":"info"}`, "text"},
		"an unknown level":            {`{"text":"a","level":"loud"}`, "level"},
		"level left out":              {`{"text":"a"}`, "level"},
		"a beginning in words":        {`{"text":"a","level":"info","from":"noon"}`, "from"},
		"an end without a zone":       {`{"text":"a","level":"info","until":"2026-12-01T12:00"}`, "until"},
		"an end that has passed":      {`{"text":"a","level":"info","until":"2020-01-01T00:00:00Z"}`, "until"},
		"an end before the beginning": {`{"text":"a","level":"info","from":"2020-01-02T00:00:00Z","until":"2020-01-01T00:00:00Z"}`, "until"},
		"a beginning in a far year":   {`{"text":"a","level":"info","from":"9999-12-31T23:59:59-12:00"}`, "from"},
		"an unknown field":            {`{"text":"a","level":"info","colour":"red"}`, "colour"},
	} {
		t.Run(reason, func(t *testing.T) {
			require.Equal(t, c.field, ann.do("POST", announcements, c.body).refused(t, 422, pool.CodeInvalid).text("field"))
			require.Equal(t, c.field, ann.do("PUT", path, c.body).refused(t, 422, pool.CodeInvalid).text("field"))
		})
	}
	require.Len(t, ann.do("GET", announcements, "").items(), 1)
	require.Len(t, s.actions("announcement.create"), 1, "what is refused is not written down as done")
}

func TestTooManyAnnouncementsAreAConflict(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	s.pool.mu.Lock()
	s.pool.fail = pool.Refuse(pool.CodeAnnouncements, "There are 20 already.", "Remove one.")
	s.pool.mu.Unlock()
	s.as("ann").do("POST", announcements, `{"text":"One more.","level":"info"}`).refused(t, 409, pool.CodeAnnouncements)
}
