package persistence

import "dockerdriver/actors/pool"

var blueprints = table[pool.Blueprint]{name: "blueprints", key: func(b pool.Blueprint) string { return b.ID }}
