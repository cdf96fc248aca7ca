// Package client speaks DockerDriver's HTTP API (/api/v1) for the command line.
// Answers are kept as the server's own JSON beside what is decoded of them, so
// that `-o json` prints exactly what the API said.
package client
