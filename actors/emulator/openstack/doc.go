// Package openstack is an emulated OpenStack: one HTTP listener that answers as Keystone v3, Nova v2.1, Neutron v2.0,
// Cinder v3 and Glance v2 do, with state, so that gophercloud, the openstack command and plain HTTP find what the real
// services show. The reference is OpenStack Zed (keystone 22, nova 26, neutron 21, cinder 21, glance 25); the suite of cases
// in wire_test.go runs against both. The package imports nothing of the server that uses clouds, so that it cannot share its
// misunderstandings.
//
// # What is emulated
//
//	identity:  password, application credential and token authentication; tokens that end; the catalogue
//	compute:   servers (create, get, list, delete, rename, stop, start, reboot, console output), metadata, volume
//	           attachments, flavors, limits, quotas; microversions 2.1 to 2.93
//	network:   networks, subnets, ports (list, get), security groups and rules, quotas
//	volume:    volumes (blank or from an image), types, limits, quotas
//	image:     list, get
//
// Projects do not see each other's objects. A server is BUILD for Config.BuildDelay, then ACTIVE with its fixed address;
// after a delete it is still shown, with the task state "deleting", for Config.DeleteDelay, then as DELETED for
// Config.DeletedFor, then 404. Meanwhile its group answers 409 and its volume 400 to a delete, as in the real ones. Time is
// Config.Clock's; a ManualClock lets a test drive it.
//
// # Faults on demand
//
// POST /_emulator/faults takes a Fault as JSON, GET lists them with how often each was met, DELETE ends them all;
// Cloud.Inject is the same for Go. An Outcome (/_emulator/outcomes, Cloud.Arrange) says what becomes of servers: ERROR with a
// fault's text, a BUILD or a delete that never ends, no address. Random faults (/_emulator/random, Cloud.InjectRandom) meet
// each call with a probability, from a seed. Cloud.ExpireTokens, RemoveServer, DetachVolume, RemoveFlavor and RemoveImage are
// what an operator of the cloud does behind a program's back.
//
// # What is not like OpenStack
//
//   - Nothing boots. Config.OnActive and OnGone tell when a server came and went, for whoever puts something at its address.
//   - One domain (Default), one region, one availability zone, no roles but member, no admin API.
//   - No resize, rebuild, snapshot, backup, key pair, server group, floating address, router, trunk, transfer or image upload.
//   - Ports are made and removed with their servers only. Networks, subnets, flavors and images come from the Config.
//   - Requests' bodies are checked where a mistake has a well-known answer, not against the services' full JSON schemas.
//   - Unknown query parameters are ignored; lists sort by creation, newest first in compute and volume, and know no sort_key.
//   - Rate limits are faults only.
package openstack
