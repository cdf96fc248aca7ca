package persistence

import "dockerdriver/actors/pool"

var instances = table[pool.Instance]{name: "instances", key: func(i pool.Instance) string { return i.ID }}
