package main

import (
	"strings"

	"dockerdriver/cmd/dockerdriver/client"
)

type variableCommands struct {
	List variableListCommand `cmd:"" help:"List all variables with their meanings."`
	Get  variableGetCommand  `cmd:"" help:"Show one variable."`
	Set  variableSetCommand  `cmd:"" help:"Change a variable."`
}

type variableListCommand struct {
	connection
	output
}

// Run is called by kong.
func (c *variableListCommand) Run(p *program) error {
	cl, err := c.dial()
	if err != nil {
		return err
	}
	found, err := cl.Variables(p.ctx)
	if err != nil {
		return advise("list the variables", err)
	}
	return c.print(p.out, found.Raw, variableHeader, variableRows(found.Items...))
}

var variableHeader = row("KEY", "VALUE", "DEFAULT", "CHANGED", "BY", "MEANING")

func variableRows(items ...client.Variable) []string {
	var rows []string
	for _, v := range items {
		rows = append(rows, row(v.Key, v.Value, v.Default, localTime(v.UpdatedAt), v.UpdatedBy, v.Meaning))
	}
	return rows
}

type variableGetCommand struct {
	connection
	output
	Key string `arg:"" help:"The variable's key."`
}

// Run is called by kong.
func (c *variableGetCommand) Run(p *program) error {
	cl, err := c.dial()
	if err != nil {
		return err
	}
	found, err := cl.Variable(p.ctx, strings.ToUpper(c.Key))
	if err != nil {
		return advise("show "+c.Key, err)
	}
	return c.print(p.out, found.Raw, variableHeader, variableRows(found.Value))
}

type variableSetCommand struct {
	connection
	output
	Key   string `arg:"" help:"The variable's key."`
	Value string `arg:"" help:"Its new value."`
}

// Run is called by kong.
func (c *variableSetCommand) Run(p *program) error {
	cl, err := c.dial()
	if err != nil {
		return err
	}
	found, err := cl.SetVariable(p.ctx, strings.ToUpper(c.Key), c.Value)
	if err != nil {
		return advise("set "+c.Key, err)
	}
	return c.print(p.out, found.Raw, variableHeader, variableRows(found.Value))
}
