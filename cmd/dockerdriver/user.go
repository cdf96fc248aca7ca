package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"dockerdriver/actors/pool"
	"dockerdriver/cmd/dockerdriver/client"
)

type userCommands struct {
	List userListCommand `cmd:"" help:"List all users."`
	Add  userAddCommand  `cmd:"" help:"Add a user; the password is made and shown once, unless it is given."`
}

type userListCommand struct {
	connection
	output
}

// Run is called by kong.
func (c *userListCommand) Run(p *program) error {
	cl, err := c.dial()
	if err != nil {
		return err
	}
	found, err := cl.Users(p.ctx)
	if err != nil {
		return advise("list the users", err)
	}
	return c.print(p.out, found.Raw, userHeader, userRows(found.Items...))
}

var userHeader = row("EMAIL", "NAME", "ROLE", "BLOCKED", "CREATED", "ID")

func userRows(items ...client.User) []string {
	var rows []string
	for _, u := range items {
		blocked := "no"
		if u.Blocked {
			blocked = "yes"
		}
		rows = append(rows, row(u.Email, u.Name, u.Role, blocked, localTime(u.CreatedAt), u.ID))
	}
	return rows
}

// maxPassword bounds the line that is read from stdin, in bytes.
const maxPassword = 4096

type userAddCommand struct {
	connection
	output
	Email         string `arg:"" help:"The email to log in with."`
	Name          string `env:"-" help:"The name that others see (default: what stands before the @)."`
	Admin         bool   `env:"-" help:"May configure everything and see all."`
	PasswordStdin bool   `env:"-" help:"Read the password from the first line of the standard input."`
}

// Run is called by kong.
func (c *userAddCommand) Run(p *program) error {
	cl, err := c.dial()
	if err != nil {
		return err
	}
	user := client.NewUser{Email: c.Email, Name: c.Name, Role: string(pool.RoleUser)}
	if user.Name == "" {
		user.Name, _, _ = strings.Cut(c.Email, "@")
	}
	if c.Admin {
		user.Role = string(pool.RoleAdmin)
	}
	if c.PasswordStdin {
		if user.Password, err = readPassword(p.in); err != nil {
			return err
		}
	}
	added, err := cl.AddUser(p.ctx, user)
	if err != nil {
		return advise("add "+c.Email, err)
	}
	if err := c.print(p.out, added.Raw, userHeader, userRows(added.Value)); err != nil {
		return err
	}
	if added.Value.Password != "" && c.Output != "json" {
		_, err = fmt.Fprintf(p.out, "\nThe password, which is shown this once: %s\n", added.Value.Password)
	}
	return err
}

func readPassword(in io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(in, maxPassword)).ReadString('\n')
	if err != nil && err != io.EOF {
		return "", fmt.Errorf("cannot read the password: %v", err)
	}
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", usagef("cannot read the password: the standard input is empty")
	}
	return line, nil
}
