package persistence

import "dockerdriver/actors/pool"

var hosts = table[pool.Host]{name: "hosts", key: func(h pool.Host) string { return h.ID }}
