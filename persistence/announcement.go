package persistence

import "dockerdriver/actors/pool"

var announcements = table[pool.Announcement]{name: "announcements", key: func(a pool.Announcement) string { return a.ID }}
