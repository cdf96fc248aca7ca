package main

import (
	"errors"
	"fmt"

	"dockerdriver/cmd/dockerdriver/client"
)

// connection is how a subcommand finds the server that it speaks to.
type connection struct {
	Server  string `placeholder:"URL" help:"The server's address (default: the one that runs on this machine)."`
	Token   string `placeholder:"TOKEN" help:"API token; better given as DOCKERDRIVER_TOKEN, which other users cannot see."`
	DataDir string `placeholder:"DIR" help:"Data directory of a server on this machine, whose access is used (default: ${system_dir}, then the demo's)."`
}

// dial makes a client without speaking to the server yet.
func (c *connection) dial() (*client.Client, error) {
	if c.Server != "" {
		if c.Token == "" {
			return nil, usagef("cannot log in to %s: give an API token in DOCKERDRIVER_TOKEN. The web UI makes them, under your name", c.Server)
		}
		return clientOf(c.Server, c.Token)
	}
	dirs := []string{systemDir, demoDir()}
	if c.DataDir != "" {
		dirs = []string{c.DataDir}
	}
	found, path, err := findOperator(dirs)
	switch {
	case err != nil:
		return nil, err
	case path == "" && c.DataDir != "":
		return nil, fmt.Errorf("cannot find a server: there is no %s in %s. Start one with `dockerdriver serve --data-dir %s`, or give --server and --token",
			operatorFile, c.DataDir, c.DataDir)
	case path == "":
		return nil, fmt.Errorf("cannot find a server: there is no %s in %s or %s. Start one with `dockerdriver demo` or `dockerdriver serve`, or give --server and --token",
			operatorFile, dirs[0], dirs[1])
	}
	if c.Token != "" {
		found.Token = c.Token
	}
	return clientOf(found.URL, found.Token)
}

func clientOf(url, token string) (*client.Client, error) {
	cl, err := client.New(url, token)
	if err != nil {
		return nil, &exitError{code: exitUsage, why: err}
	}
	return cl, nil
}

// advise adds what to do to errors of the connection itself.
func advise(what string, err error) error {
	if unreachable, ok := errors.AsType[*client.Unreachable](err); ok {
		return fmt.Errorf("cannot %s: %w. Is it running? Start it with `dockerdriver serve` or `dockerdriver demo`, or name another with --server",
			what, unreachable)
	}
	return fmt.Errorf("cannot %s: %w", what, err)
}
