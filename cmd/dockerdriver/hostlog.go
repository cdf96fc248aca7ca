package main

import (
	"fmt"
	"io"
	"strings"

	"dockerdriver/cmd/dockerdriver/client"
)

type hostLogCommand struct {
	connection
	output
	Host string `arg:"" name:"name-or-id" help:"The host."`
}

// Run is called by kong.
func (c *hostLogCommand) Run(p *program) error {
	cl, err := c.dial()
	if err != nil {
		return err
	}
	host, err := findHost(p.ctx, cl, c.Host)
	if err != nil {
		return advise("show the log", err)
	}
	log, err := cl.HostLog(p.ctx, host.ID)
	if err != nil {
		return advise("show the log of "+host.Name, err)
	}
	if c.Output == "json" {
		return c.print(p.out, log.Raw, "", nil)
	}
	return writeHostLog(p.out, log.Value)
}

// writeHostLog writes our own steps, and then the console as it is.
func writeHostLog(out io.Writer, log client.HostLog) error {
	var lines []string
	for _, e := range log.Events {
		words := e.Step
		switch {
		case e.Fault != "":
			words = "fault: " + e.Fault
		case e.Seconds != nil:
			words += fmt.Sprintf(" took %.2f s", *e.Seconds)
		}
		lines = append(lines, localTime(e.At)+"  "+words)
	}
	lines = append(lines, "", "Console of its machine:")
	if log.Console.Missing != "" {
		lines = append(lines, log.Console.Message)
	}
	for _, line := range append(lines, log.Console.Lines...) {
		if _, err := fmt.Fprintln(out, strings.TrimRight(printable(line), " ")); err != nil {
			return err
		}
	}
	return nil
}
