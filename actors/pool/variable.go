package pool

import (
	"fmt"
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
	TypeBool     VariableType = "bool"
	TypeInt      VariableType = "int"
	TypeWords    VariableType = "words" // blank-separated
	TypeText     VariableType = "string"
	TypeDuration VariableType = "duration" // days, hours, minutes, seconds: 4h, 1h 30m, 90s
	TypeLines    VariableType = "text"     // several lines, kept as they are
	TypeTime     VariableType = "time"     // RFC 3339, or empty for none
)

// MaxLines bounds a value of TypeLines, in bytes; every other value is bounded
// by MaxTextLength.
const MaxLines = 16384

// Definition describes one variable: what it means and which values it takes.
type Definition struct {
	Key      string        `json:"key"`
	Type     VariableType  `json:"type"`
	Default  string        `json:"default"`
	Group    string        `json:"group"` // under which the Configure page shows it
	Meaning  string        `json:"meaning"`
	Min, Max int           `json:"-"` // of TypeInt, inclusive
	Least    time.Duration `json:"-"` // of TypeDuration; the most is MaxLifetime
	pattern  *regexp.Regexp
	wants    string // what pattern means, in words
	// planField is the field of a HostPlan that a cloud has to know the value of.
	planField string
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
	longest := MaxTextLength
	if d.Type == TypeLines {
		longest = MaxLines
	}
	if len(value) > longest {
		return "", Invalid("value", fmt.Sprintf("%s is longer than %d bytes.", d.Key, longest), "Shorten it.")
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
	case TypeDuration:
		span, ok := parseSpan(value)
		if !ok || span < d.Least || span > MaxLifetime {
			return "", Invalid("value", d.Key+" cannot be "+quote(value)+".", "Write days, hours, minutes and seconds in this order, such as 4h, 1h 30m or 90s; at least "+formatSpan(d.Least)+".")
		}
		return formatSpan(span), nil
	}
	if d.Type == TypeTime {
		return canonicalTime(d.Key, value)
	}
	fits := d.pattern == nil || d.pattern.MatchString(value)
	if d.Key == VarHostPortRange {
		_, _, fits = parsePorts(value)
	}
	if !fits {
		return "", Invalid("value", d.Key+" cannot be "+quote(value)+".", "Write "+d.wants+".")
	}
	return value, nil
}

func canonicalTime(key, value string) (string, error) {
	if value == "" {
		return "", nil
	}
	at, err := time.Parse(time.RFC3339, value)
	if err != nil || at.IsZero() {
		return "", Invalid("value", key+" cannot be "+quote(value)+".", "Write a time such as 2026-05-29T16:00:00Z, or leave it empty for none.")
	}
	return TimeText(at), nil
}

// TimeText is a time as a variable of TypeTime has it, to the second; the zero time is none.
func TimeText(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Truncate(time.Second).Format(time.RFC3339)
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

var spanPattern = regexp.MustCompile(`^(?:(\d{1,9})d)?\s*(?:(\d{1,9})h)?\s*(?:(\d{1,9})m)?\s*(?:(\d{1,9})s)?$`)

var spanUnits = []struct {
	letter string
	length time.Duration
}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}}

func parseSpan(s string) (span time.Duration, ok bool) {
	m := spanPattern.FindStringSubmatch(s)
	if s == "" || m == nil {
		return 0, false
	}
	for n, unit := range spanUnits {
		count, _ := strconv.ParseInt("0"+m[n+1], 10, 64) // the pattern bounds its digits
		if count > int64(MaxLifetime/unit.length)+1 {
			return 0, false
		}
		span += time.Duration(count) * unit.length
	}
	return span, true
}

// formatSpan is what parseSpan reads, in its shortest form.
func formatSpan(span time.Duration) string {
	var parts []string
	for _, unit := range spanUnits {
		if n := span / unit.length; n > 0 {
			parts = append(parts, strconv.FormatInt(int64(n), 10)+unit.letter)
			span -= n * unit.length
		}
	}
	if len(parts) == 0 {
		return "0m"
	}
	return strings.Join(parts, " ")
}
