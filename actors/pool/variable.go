package pool

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// VariableType says how a variable's value is written.
type VariableType string

// Types of variables. Bool takes true/false/1/0/yes/no in any case.
const (
	TypeBool  VariableType = "bool"
	TypeInt   VariableType = "int"
	TypeWords VariableType = "words" // blank-separated
	TypeText  VariableType = "string"
)

// Keys of the variables.
const (
	VarPluginWhitelist  = "PLUGIN_WHITELIST"
	VarShutdownMode     = "DD_SHUTDOWN_MODE"
	VarMaxHosts         = "DD_MAX_HOSTS"
	VarFreeSlotTarget   = "DD_FREE_SLOT_TARGET"
	VarInstanceNamePref = "INSTANCE_NAME_PREFIX"
)

// Definition describes one variable: what it means and which values it takes.
type Definition struct {
	Key      string       `json:"key"`
	Type     VariableType `json:"type"`
	Default  string       `json:"default"`
	Meaning  string       `json:"meaning"`
	Min, Max int          `json:"-"` // of TypeInt, inclusive
	pattern  *regexp.Regexp
	wants    string // what pattern means, in words
}

// Definitions lists every variable in the order of the Configure page
// (defaults: ancestor.md, "Configuration variables").
var Definitions = []Definition{
	{Key: VarPluginWhitelist, Type: TypeWords, Default: "DummyDriver", Meaning: "Plugins that may be used, separated by blanks; case matters; empty means all."},
	{Key: VarShutdownMode, Type: TypeBool, Default: "True", Meaning: "True drains the pool until nothing is left; False starts it."},
	{Key: VarMaxHosts, Type: TypeInt, Default: "4", Min: 0, Max: 1000, Meaning: "Most notebook hosts at once, in any state."},
	{Key: VarFreeSlotTarget, Type: TypeInt, Default: "4", Min: 0, Max: 100000, Meaning: "Headroom: hosts are added while fewer slots than this are free."},
	{
		Key: VarInstanceNamePref, Type: TypeText, Default: "pb-", Meaning: "What names of instances and their containers begin with.",
		pattern: regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,31}$`), wants: "1 to 32 letters, digits, dots, dashes or underscores, beginning with a letter or digit",
	},
}

// Variable is the value of one variable and its last change.
type Variable struct {
	Key       string    `json:"key"`
	Value     string    `json:"value"` // canonical form
	Version   int       `json:"version"`
	UpdatedAt time.Time `json:"updated_at,omitzero"`
	UpdatedBy string    `json:"updated_by,omitempty"` // user id
}

// FindDefinition returns the definition of a key.
func FindDefinition(key string) (Definition, bool) {
	i := slices.IndexFunc(Definitions, func(d Definition) bool { return d.Key == key })
	if i < 0 {
		return Definition{}, false
	}
	return Definitions[i], true
}

// Canonical checks a value and returns its canonical form (bools become True
// or False, words are separated by one blank).
func (d Definition) Canonical(value string) (string, error) {
	value = strings.TrimSpace(value)
	if len(value) > MaxTextLength {
		return "", Invalid("value", d.Key+" is longer than 4096 bytes.", "Shorten it.")
	}
	switch d.Type {
	case TypeBool:
		b, ok := parseBool(value)
		if !ok {
			return "", Invalid("value", d.Key+" cannot be "+quote(value)+".", "Write True or False.")
		}
		if b {
			return "True", nil
		}
		return "False", nil
	case TypeInt:
		n, err := strconv.Atoi(value)
		if err != nil || n < d.Min || n > d.Max {
			return "", Invalid("value", d.Key+" cannot be "+quote(value)+".", "Write a whole number from "+strconv.Itoa(d.Min)+" to "+strconv.Itoa(d.Max)+".")
		}
		return strconv.Itoa(n), nil
	case TypeWords:
		return strings.Join(strings.Fields(value), " "), nil
	}
	if d.pattern != nil && !d.pattern.MatchString(value) {
		return "", Invalid("value", d.Key+" cannot be "+quote(value)+".", "Write "+d.wants+".")
	}
	return value, nil
}

func parseBool(s string) (value, ok bool) {
	switch strings.ToLower(s) {
	case "true", "1", "yes":
		return true, true
	case "false", "0", "no":
		return false, true
	}
	return false, false
}

// Settings are all variables, parsed.
type Settings struct {
	Plugins        []string // empty: all
	ShutdownMode   bool
	MaxHosts       int
	FreeSlotTarget int
	NamePrefix     string
}

// SettingsOf parses the variables; what is not set has its default.
func SettingsOf(vars map[string]Variable) Settings {
	value := func(key string) string {
		d, _ := FindDefinition(key)
		if v, ok := vars[key]; ok {
			if canonical, err := d.Canonical(v.Value); err == nil {
				return canonical
			}
		}
		return d.Default
	}
	number := func(key string) int { n, _ := strconv.Atoi(value(key)); return n }
	shutdown, _ := parseBool(value(VarShutdownMode))
	return Settings{
		Plugins:        strings.Fields(value(VarPluginWhitelist)),
		ShutdownMode:   shutdown,
		MaxHosts:       number(VarMaxHosts),
		FreeSlotTarget: number(VarFreeSlotTarget),
		NamePrefix:     value(VarInstanceNamePref),
	}
}

// Enables tells whether a plugin may be used.
func (s Settings) Enables(plugin string) bool {
	return len(s.Plugins) == 0 || slices.Contains(s.Plugins, plugin)
}
