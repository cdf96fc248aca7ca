package persistence

import "dockerdriver/actors/pool"

var variables = table[pool.Variable]{name: "variables", key: func(v pool.Variable) string { return v.Key }}
