package persistence

import "dockerdriver/actors/pool"

var notebookSessions = table[pool.NotebookSession]{
	name: "notebook_sessions", key: func(s pool.NotebookSession) string { return s.CookieHash },
}
