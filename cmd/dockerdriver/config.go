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

// configFile is a YAML mapping from flag names to values. kong-yaml's own loader
// wants the command's name before each key and lets unknown keys pass.
type configFile string

// BeforeResolve reads the file and offers its values to the flags.
func (c configFile) BeforeResolve(ctx *kong.Context, trace *kong.Path) error {
	path := string(ctx.FlagValue(trace.Flag).(configFile))
	if path == "" {
		return nil
	}
	values, err := readConfig(path, knownFlags(ctx.Model.Node))
	if err != nil {
		return fmt.Errorf("cannot use the configuration file %s: %w", path, err)
	}
	ctx.AddResolver(kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		value, ok := values[flag.Name]
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

// knownFlags are the names that a configuration file may have: those flags of
// all commands that can be a variable too, and so hold for more than one call.
func knownFlags(node *kong.Node) []string {
	var names []string
	for _, flag := range node.Flags {
		if len(flag.Envs) > 0 && flag.Name != "config" {
			names = append(names, flag.Name)
		}
	}
	for _, child := range node.Children {
		names = append(names, knownFlags(child)...)
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
			return nil, fmt.Errorf("line %d: there is no setting %q. `dockerdriver serve --help` lists them", node.Line, key)
		case node.Kind != yaml.ScalarNode:
			return nil, fmt.Errorf("line %d: %s must be a single value", node.Line, key)
		}
		values[name] = node.Value
	}
	return values, nil
}
