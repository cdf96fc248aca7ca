package httpapi

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

func TestLaunchIsAcceptedAndCanBeFollowed(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	blueprintID, bob := s.blueprint(), s.as("bob")
	a := bob.do("POST", "/api/v1/instances", `{"blueprint_id":"`+blueprintID+`"}`).ok(t, 202)
	require.Equal(t, "/api/v1/instances/"+a.text("id"), a.header.Get("Location"))
	require.Equal(t, "queueing", a.text("state"))
	require.Equal(t, "Demo", a.text("blueprint_name"))
	require.Equal(t, map[string]any{"position": 1.0, "reason": "no host is ready"}, a.json["queue"])
	require.Equal(t, "https://label2.localhost:8443/", a.text("url"))
	require.InDelta(t, 512<<20, a.json["memory_limit"], 0)
	for _, field := range []string{"started_at", "expires_at", "ended_at", "failure"} {
		require.Contains(t, a.json, field)
		require.Nil(t, a.json[field], field)
	}
	require.Contains(t, a.text("created_at"), "Z", "times are UTC")
	bob.do("POST", "/api/v1/instances", `{"blueprint_id":"`+blueprintID+`"}`).refused(t, 409, pool.CodeInstanceLimit)
	require.Len(t, bob.do("GET", "/api/v1/pool", "").json["queue"], 1)
	require.Empty(t, s.as("cat").do("GET", "/api/v1/pool", "").json["queue"], "others do not see it")
}

func TestOtherUsersInstancesAreAbsent(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	id := s.running("bob")
	cat, ann := s.as("cat"), s.as("ann")
	for _, c := range []struct{ method, path string }{
		{"GET", ""}, {"DELETE", ""}, {"POST", "/open"}, {"GET", "/logs"},
	} {
		there := cat.do(c.method, "/api/v1/instances/"+id+c.path, "").refused(t, 404, pool.CodeNotFound)
		nowhere := cat.do(c.method, "/api/v1/instances/none"+c.path, "").refused(t, 404, pool.CodeNotFound)
		require.Equal(t, nowhere.text("detail"), there.text("detail"))
	}
	require.Empty(t, cat.do("GET", "/api/v1/instances", "").items())
	cat.do("GET", "/api/v1/instances?all=true", "").refused(t, 403, pool.CodeForbidden)
	require.Empty(t, ann.do("GET", "/api/v1/instances", "").items())
	require.Len(t, ann.do("GET", "/api/v1/instances?all=true", "").items(), 1)
}

func TestPasswordIsShownToTheOwnerAlone(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	id := s.running("bob")
	require.Equal(t, "secret-of-the-notebook", s.as("bob").do("GET", "/api/v1/instances/"+id, "").text("password"))
	require.NotContains(t, s.as("ann").do("GET", "/api/v1/instances/"+id, "").ok(t, 200).body, "secret-of-the-notebook")
	s.pool.set(id, func(i *pool.Instance) { i.Spec.ShowPassword = false })
	require.NotContains(t, s.as("bob").do("GET", "/api/v1/instances/"+id, "").ok(t, 200).body, "secret-of-the-notebook")
}

func TestWhenAnInstanceWasUsedAndWhenItEndsForWantOfIt(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	id, bob := s.running("bob"), s.as("bob")
	began := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	for why, c := range map[string]struct {
		change     func(*pool.Instance)
		used, ends any
	}{
		"it may idle to its end": {func(*pool.Instance) {}, nil, nil},
		"nobody opened it":       {func(i *pool.Instance) { i.Spec.IdleTime = time.Hour }, nil, "2030-01-01T13:00:00Z"},
		"used":                   {func(i *pool.Instance) { i.Spec.IdleTime, i.LastUsedAt = time.Hour, began.Add(time.Minute) }, "2030-01-01T12:01:00Z", "2030-01-01T13:01:00Z"},
		"before the server's start": {func(i *pool.Instance) {
			i.Spec.IdleTime, i.LastUsedAt, i.WatchedSince = time.Hour, began.Add(time.Minute), began.Add(time.Hour)
		}, "2030-01-01T12:01:00Z", "2030-01-01T14:00:00Z"},
		"it is on its way out": {func(i *pool.Instance) {
			i.Spec.IdleTime, i.State, i.EndReason = time.Hour, pool.InstanceDeleting, pool.EndByIdling
		}, nil, nil},
	} {
		s.pool.set(id, func(i *pool.Instance) {
			i.State, i.StartedAt, i.LastUsedAt, i.WatchedSince, i.Spec.IdleTime = pool.InstanceRunning, began, time.Time{}, time.Time{}, 0
			c.change(i)
		})
		a := bob.do("GET", "/api/v1/instances/"+id, "").ok(t, 200)
		require.Equal(t, []any{c.used, c.ends}, []any{a.json["last_used_at"], a.json["idle_ends_at"]}, why)
	}
}

func TestDestroyCanBeRepeatedAndIsRemembered(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	id, bob := s.running("bob"), s.as("bob")
	for range 2 {
		a := bob.do("DELETE", "/api/v1/instances/"+id, "").ok(t, 202)
		require.Equal(t, "deleted", a.text("state"))
		require.Equal(t, pool.EndByOwner, a.text("end_reason"))
	}
	require.Empty(t, bob.do("GET", "/api/v1/instances", "").items())
	require.Len(t, bob.do("GET", "/api/v1/instances?ended=true", "").items(), 1)
	bob.do("GET", "/api/v1/instances/"+id, "").ok(t, 200)
	require.Empty(t, s.actions("instance.destroy"), "one's own needs no audit")
}

func TestExtensionIsShownAndGiven(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	id, bob := s.running("bob"), s.as("bob")
	path := "/api/v1/instances/" + id
	require.Nil(t, bob.do("GET", path, "").ok(t, 200).json["extendable_until"])
	bob.do("POST", path+"/extend", "").refused(t, 409, pool.CodeConflict)
	s.pool.set(id, func(i *pool.Instance) {
		i.Spec.Lifetime, i.Spec.Extension = time.Hour, 2*time.Hour
		i.StartedAt = time.Now().Add(-50 * time.Minute)
		i.ExpiresAt = i.StartedAt.Add(time.Hour)
	})
	latest := bob.do("GET", path, "").ok(t, 200).text("extendable_until")
	s.as("cat").do("POST", path+"/extend", "").refused(t, 404, pool.CodeNotFound)
	for _, who := range []string{"bob", "ann"} {
		a := s.as(who).do("POST", path+"/extend", "").ok(t, 200)
		ends, err := time.Parse(time.RFC3339, a.text("expires_at"))
		require.NoError(t, err)
		require.WithinDuration(t, time.Now().Add(time.Hour), ends, 10*time.Second)
		require.Equal(t, latest, a.text("extendable_until"))
	}
	entries := s.actions("instance.extend")
	require.Len(t, entries, 1, "one's own needs no audit")
	require.Equal(t, "ann@example.org", entries[0]["actor_email"])
	require.Equal(t, "owner bob", entries[0]["detail"])
}

func TestAdministratorsLeaveATrace(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	id, ann := s.running("bob"), s.as("ann")
	ann.do("POST", "/api/v1/instances/"+id+"/open", `{"reason":"he asked for help"}`).ok(t, 200)
	require.Equal(t, pool.EndByAdmin, ann.do("DELETE", "/api/v1/instances/"+id, "").ok(t, 202).text("end_reason"))
	for action, detail := range map[string]string{"instance.open": "owner bob, reason: he asked for help", "instance.destroy": "owner bob"} {
		entries := s.actions(action)
		require.Len(t, entries, 1)
		require.Equal(t, "ann@example.org", entries[0]["actor_email"])
		require.Equal(t, id, entries[0]["target"])
		require.Equal(t, detail, entries[0]["detail"])
		require.Equal(t, "127.0.0.1", entries[0]["address"])
	}
}

func TestATestLaunchSaysThatItIsOne(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	id := s.blueprint()
	body := func(test string) string { return `{"blueprint_id":"` + id + `"` + test + `}` }
	require.Equal(t, false, s.as("bob").do("POST", "/api/v1/instances", body("")).ok(t, 202).json["test"])
	s.as("cat").do("POST", "/api/v1/instances", body(`,"test":true`)).refused(t, 403, pool.CodeForbidden)
	require.Equal(t, true, s.as("ann").do("POST", "/api/v1/instances", body(`,"test":true`)).ok(t, 202).json["test"])
}

func TestAVisitTakesAReasonThatItsOwnerIsShown(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	id, ann := s.running("bob"), s.as("ann")
	path := "/api/v1/instances/" + id
	require.Equal(t, []any{}, s.as("bob").do("GET", path, "").ok(t, 200).json["visits"])
	for why, body := range map[string]string{
		"no body": "", "no reason": `{}`, "an empty one": `{"reason":" "}`, "a long one": `{"reason":"` + strings.Repeat("é", 301) + `"}`, "two lines": `{"reason":"a\nb"}`,
	} {
		a := ann.do("POST", path+"/open", body).refused(t, 422, pool.CodeInvalid)
		require.Contains(t, a.body, `"field":"reason"`, why)
	}
	ann.do("POST", path+"/open", `{"reason":"x","path":"//evil.example"}`).refused(t, 422, pool.CodeInvalid)
	s.as("cat").do("POST", path+"/open", `{"reason":"x"}`).refused(t, 404, pool.CodeNotFound)
	require.Empty(t, s.pool.opened)
	require.Empty(t, s.actions("instance.open"))

	a := ann.do("POST", path+"/open", `{"reason":" he asked for help ","path":"/lab?file=a b","browser":"`+nonceHash+`"}`).ok(t, 200)
	way, err := url.Parse(a.text("url"))
	require.NoError(t, err)
	require.Equal(t, url.Values{"ticket": {"ticket-secret"}, "path": {"/lab?file=a b"}, "browser": {nonceHash}}, way.Query())
	visits := s.as("bob").do("GET", path, "").ok(t, 200).json["visits"].([]any)
	require.Len(t, visits, 1)
	seen := visits[0].(map[string]any)
	require.Equal(t, "ann@example.org", seen["by"])
	require.Equal(t, "he asked for help", seen["reason"])
	require.NotEmpty(t, seen["at"])

	s.as("bob").do("POST", path+"/open", `{"reason":"my own"}`).ok(t, 200)
	require.Len(t, s.pool.Snapshot().Instance(id).Visits, 1, "one's own takes none")
	s.pool.set(id, func(i *pool.Instance) { i.State = pool.InstanceDeleting })
	ann.do("POST", path+"/open", `{"reason":"too late"}`).refused(t, 409, pool.CodeNotRunning)
	require.Len(t, s.actions("instance.open"), 1)
}

func TestReadingAnothersLogLeavesOneTrace(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	id, ann := s.running("bob"), s.as("ann")
	path := "/api/v1/instances/" + id + "/logs"
	s.as("bob").do("GET", path, "").ok(t, 200)
	s.as("cat").do("GET", path, "").refused(t, 404, pool.CodeNotFound)
	require.Empty(t, s.actions("instance.logs"), "one's own needs no audit")
	for _, kind := range []string{"running", "provisioning", "running"} {
		ann.do("GET", path+"?type="+kind, "").ok(t, 200)
	}
	entries := s.actions("instance.logs")
	require.Len(t, entries, 1, "the web UI asks again and again")
	require.Equal(t, "ann@example.org", entries[0]["actor_email"])
	require.Equal(t, id, entries[0]["target"])
	require.Equal(t, "owner bob", entries[0]["detail"])
}

func TestReadingsAreRememberedForAWhileAndWithinABound(t *testing.T) {
	t.Parallel()
	r, now := newReadings(), time.Now()
	require.True(t, r.begins("ann", "i1", now))
	require.False(t, r.begins("ann", "i1", now.Add(readingLasts-1)))
	require.True(t, r.begins("ann", "i2", now))
	require.True(t, r.begins("eve", "i1", now))
	require.True(t, r.begins("ann", "i1", now.Add(readingLasts)))
	r.forget("ann", "i1")
	require.True(t, r.begins("ann", "i1", now.Add(readingLasts)), "what was not written down is new")
	for n := range maxReadings + 10 {
		require.True(t, r.begins("ann", fmt.Sprint("x", n), now.Add(readingLasts)))
	}
	require.Len(t, r.since, maxReadings)
}

// actions returns the audit log's entries of one action.
func (s *site) actions(action string) []map[string]any {
	s.t.Helper()
	var found []map[string]any
	for _, e := range s.as("ann").do("GET", "/api/v1/audit", "").ok(s.t, 200).items() {
		if e["action"] == action {
			found = append(found, e)
		}
	}
	return found
}

func TestOpenMakesATicketForItsLoginAndBrowser(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	id, browser := s.running("bob"), s.loggedIn("bob")
	nonce := strings.Repeat("ab", 32)
	a := browser.do("POST", "/api/v1/instances/"+id+"/open", `{"browser":"`+nonce+`"}`).ok(t, 200)
	require.Equal(t, "no-store", a.header.Get("Cache-Control"))
	u, err := url.Parse(a.text("url"))
	require.NoError(t, err)
	require.Equal(t, "/.dockerdriver/enter", u.Path)
	require.Equal(t, "ticket-secret", u.Query().Get("ticket"))
	expires, err := time.Parse(time.RFC3339, a.text("expires_at"))
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(pool.TicketLifetime), expires, 10*time.Second)
	s.as("bob").do("POST", "/api/v1/instances/"+id+"/open", "").ok(t, 200)
	browser.do("POST", "/api/v1/instances/"+id+"/open", `{"browser":"abc"}`).refused(t, 422, pool.CodeInvalid)
	require.Len(t, s.pool.opened, 2)
	require.Equal(t, nonce, s.pool.opened[0].Browser)
	require.NotEmpty(t, s.pool.opened[0].Login)
	require.Empty(t, s.pool.opened[1].Login, "a token is no login")
	require.NotContains(t, s.log.String(), "ticket-secret")

	s.pool.set(id, func(i *pool.Instance) { i.State = pool.InstanceProvisioning })
	browser.do("POST", "/api/v1/instances/"+id+"/open", "").refused(t, 409, pool.CodeNotRunning)
}

func TestLogsOfANotebookAndOfItsLaunch(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	id, bob := s.running("bob"), s.as("bob")
	path := "/api/v1/instances/" + id + "/logs"
	require.Equal(t, []any{"listening on 8787", "listening on 8787"}, bob.do("GET", path+"?lines=2", "").json["items"])
	require.Contains(t, bob.do("GET", path+"?type=provisioning", "").body, "queueing took")
	s.pool.set(id, func(i *pool.Instance) {
		*i = i.At(pool.InstanceFailed, "", time.Now())
		i.Failure = &pool.Failure{Code: pool.CodeExitedAtStart, Message: "It ended with exit code 3.", Hint: "Look at the log.", Log: []string{"no such file"}}
	})
	require.Equal(t, []any{"no such file"}, bob.do("GET", path, "").json["items"])
	require.Contains(t, bob.do("GET", path+"?type=provisioning", "").body, "exit code 3")
	a := bob.do("GET", "/api/v1/instances/"+id, "")
	require.Equal(t, "CONTAINER_EXITED_AT_START", a.json["failure"].(map[string]any)["code"])
}

func TestListingsComeInPages(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	began := time.Now()
	for n := range 25 {
		i := pool.Instance{ID: fmt.Sprint("x", n), Label: fmt.Sprint("x", n), UserID: "bob", State: pool.InstanceRunning, CreatedAt: began.Add(time.Duration(n/3) * time.Second)}
		s.pool.view.Instances = append(s.pool.view.Instances, &i)
	}
	bob, cursor, seen := s.as("bob"), "", map[any]bool{}
	for pages := 1; ; pages++ {
		a := bob.do("GET", "/api/v1/instances?limit=10&cursor="+url.QueryEscape(cursor), "").ok(t, 200)
		for _, i := range a.items() {
			require.False(t, seen[i["id"]], "nothing twice")
			seen[i["id"]] = true
		}
		if cursor = a.text("next_cursor"); cursor == "" {
			require.Contains(t, a.json, "next_cursor")
			require.Nil(t, a.json["next_cursor"], "the end is told by null")
			require.Equal(t, 3, pages)
			break
		}
	}
	require.Len(t, seen, 25)
}
