package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"gopkg.in/yaml.v3"
)

// configFile is a YAML mapping from the names of settings to values. kong-yaml's
// own loader wants the command's name before each key and lets unknown keys pass.
type configFile string

// BeforeResolve reads the file and offers its values to the flags.
func (c configFile) BeforeResolve(ctx *kong.Context, trace *kong.Path) error {
	path := string(ctx.FlagValue(trace.Flag).(configFile))
	if path == "" {
		return nil
	}
	values, err := readConfig(path, settings(ctx.Model.Node))
	if err != nil {
		return fmt.Errorf("cannot use the configuration file %s: %w", path, err)
	}
	ctx.AddResolver(kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		value, ok := values[settingOf(flag)]
		if !ok || slices.ContainsFunc(flag.Envs, isSet) {
			return nil, nil
		}
		return value, nil
	}))
	return nil
}

func isSet(variable string) bool {
	_, ok := os.LookupEnv(variable)
	return ok
}

// settingOf names a flag in a configuration file as its variable does, with
// dashes: that is the flag's own name where two commands do not differ in what
// they mean by it. It is empty for flags that hold for one call only.
func settingOf(flag *kong.Flag) string {
	if len(flag.Envs) == 0 || flag.Name == "config" {
		return ""
	}
	name := strings.TrimPrefix(flag.Envs[0], variablePrefix+"_")
	return strings.ToLower(strings.ReplaceAll(name, "_", "-"))
}

// settings are the names that a configuration file may have, for any command.
func settings(node *kong.Node) []string {
	var names []string
	for _, flag := range node.Flags {
		if name := settingOf(flag); name != "" {
			names = append(names, name)
		}
	}
	for _, child := range node.Children {
		names = append(names, settings(child)...)
	}
	return names
}

func readConfig(path string, known []string) (map[string]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, errors.Unwrap(err)
	}
	defer file.Close()
	var nodes map[string]yaml.Node
	if err := yaml.NewDecoder(file).Decode(&nodes); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("it is not a YAML mapping: %v", err)
	}
	values := make(map[string]string, len(nodes))
	for key, node := range nodes {
		name := strings.ReplaceAll(key, "_", "-")
		switch {
		case !slices.Contains(known, name):
			return nil, fmt.Errorf("line %d: there is no setting %q. The command's --help lists them", node.Line, key)
		case node.Kind != yaml.ScalarNode:
			return nil, fmt.Errorf("line %d: %s must be a single value", node.Line, key)
		}
		values[name] = node.Value
	}
	return values, nil
}
