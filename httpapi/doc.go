// Package httpapi is the HTTP API of DockerDriver, under /api/v1, and the web
// UI beside it. routes.go is the whole surface as one table; each resource has
// a file of its own, with its JSON shapes on top.
//
// What it needs of the supervision tree and of the store it declares itself
// (ports.go); cmd joins the sides. Errors are RFC 9457 problem documents with a
// stable code (problem.go), and the OpenAPI 3.1 document that clients are
// generated from is openapi.json, compared with the running server by a test.
package httpapi
