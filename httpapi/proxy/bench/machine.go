//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

// versionOf finds a version in what a program says of itself.
var versionOf = regexp.MustCompile(`\d+\.\d+(\.\d+)?`)

// describe writes what the figures were measured with. A program that is not
// there is told when it is needed.
func (r *runCommand) describe(ctx context.Context, to io.Writer) {
	parts := []string{runtime.Version()}
	for _, program := range [][]string{{nginx, sbin("nginx"), "-v"}, {haproxy, sbin("haproxy"), "-v"}, {"Node", "node", "--version"}} {
		if text, err := output(ctx, program[1], program[2]); err == nil {
			parts = append(parts, program[0]+" "+versionOf.FindString(text))
		}
	}
	if text, err := os.ReadFile(filepath.Join(r.Cache, "node_modules", "configurable-http-proxy", "package.json")); err == nil {
		var chpPackage struct{ Version string }
		if json.Unmarshal(text, &chpPackage) == nil {
			parts = append(parts, chp+" "+chpPackage.Version)
		}
	}
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	load, _ := os.ReadFile("/proc/loadavg")
	fmt.Fprintf(to, "%s; Linux %s, %d CPUs, load before %s; %d rounds, scale %g\n", strings.Join(parts, ", "),
		strings.TrimSpace(string(kernel)), runtime.NumCPU(), strings.SplitN(string(load), " ", 2)[0], r.Rounds, r.Scale)
}
