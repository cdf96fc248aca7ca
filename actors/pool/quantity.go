package pool

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

func quote(s string) string {
	if len(s) > 64 {
		s = s[:64] + "…"
	}
	return strconv.Quote(s)
}

var memoryPattern = regexp.MustCompile(`^(\d{1,15})([bkmgt]?)b?$`)

// ParseMemory reads a memory limit as Docker writes it (512m, 2g; powers of
// 1024; no unit means bytes) and returns bytes. Empty means DefaultMemoryB.
func ParseMemory(s string) (int64, error) {
	const field = "config.memory_limit"
	if strings.TrimSpace(s) == "" {
		return DefaultMemoryB, nil
	}
	m := memoryPattern.FindStringSubmatch(strings.ToLower(strings.TrimSpace(s)))
	if m == nil {
		return 0, Invalid(field, "The memory limit "+quote(s)+" is not an amount.", "Write a number and a unit, such as 512m or 2g.")
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	shift := map[string]uint{"": 0, "b": 0, "k": 10, "m": 20, "g": 30, "t": 40}[m[2]]
	if err != nil || n > MaxMemoryB>>shift {
		return 0, Invalid(field, "The memory limit "+quote(s)+" is over 1t.", "Write a smaller amount, such as 512m or 2g.")
	}
	if n <<= shift; n < MinMemoryB {
		return 0, Invalid(field, "The memory limit "+quote(s)+" is under 16m.", "Write a larger amount, such as 512m or 2g.")
	}
	return n, nil
}

const noEnd = "0m means no end"

var lifetimePattern = regexp.MustCompile(`^(?:(\d+)d)?\s*(?:(\d+)h)?\s*(?:(\d+)m)?$`)

// ParseLifetime reads a lifetime as the old system wrote it: days, hours and
// minutes in this order, each optional ("10m", "1h 0m", "2d 3h"). "0m" means no
// end and returns 0; empty means DefaultLifetime.
func ParseLifetime(s string) (time.Duration, error) {
	if strings.TrimSpace(s) == "" {
		return DefaultLifetime, nil
	}
	return parseTime("config.maximum_lifetime", "lifetime", noEnd, s)
}

// ParseExtension reads by how much a lifetime may be prolonged in all, as
// lifetimes are written. Empty and "0m" mean not at all and return 0.
func ParseExtension(s string) (time.Duration, error) {
	if strings.TrimSpace(s) == "" {
		return 0, nil
	}
	return parseTime("config.maximum_extension", "extension", "0m means that it cannot be extended", s)
}

// ParseIdleTime reads how long an instance may stay unused, as lifetimes are
// written. Empty and "0m" mean until its end and return 0. Less than MinIdleTime
// is refused: use is noted in batches.
func ParseIdleTime(s string) (time.Duration, error) {
	const field = "config.maximum_idle_time"
	if strings.TrimSpace(s) == "" {
		return 0, nil
	}
	d, err := parseTime(field, "idle time", noEnd, s)
	if err == nil && d > 0 && d < MinIdleTime {
		return 0, Invalid(field, "The idle time "+quote(s)+" is too short: the least is 2m.", "Write a longer one, or 0m for no end by idling.")
	}
	return d, err
}

// parseTime reads a time of the field; none says what 0m means there.
func parseTime(field, what, none, s string) (time.Duration, error) {
	s = strings.TrimSpace(s)
	m := lifetimePattern.FindStringSubmatch(s)
	if m == nil {
		return 0, Invalid(field, "The "+what+" "+quote(s)+" is not a duration.", "Write days, hours and minutes in this order, such as 2d 3h, 1h 30m or 10m; "+none+".")
	}
	var d time.Duration
	for i, unit := range []time.Duration{24 * time.Hour, time.Hour, time.Minute} {
		n, err := strconv.ParseInt("0"+m[i+1], 10, 64)
		if err != nil || n > int64(MaxLifetime/unit) {
			d = MaxLifetime + 1
			break
		}
		d += time.Duration(n) * unit
	}
	if d > MaxLifetime {
		return 0, Invalid(field, "The "+what+" "+quote(s)+" is too long: the most is 365d.", "Write a shorter one; "+none+".")
	}
	return d, nil
}

var envNamePattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)

// ParseEnvironment reads blank-separated NAME=value pairs; a value with blanks
// is quoted as in a shell (A='x y').
func ParseEnvironment(s string) ([]string, error) {
	const field = "config.environment_vars"
	if len(s) > MaxEnvironmentBytes {
		return nil, Invalid(field, "The environment is longer than 32 KiB.", "Shorten it.")
	}
	words, err := splitWords(s)
	if err != nil {
		return nil, Invalid(field, "The environment has "+err.Error()+".", "Write A=1 B='two words'.")
	}
	given := map[string]bool{}
	for _, w := range words {
		name, _, found := strings.Cut(w, "=")
		if !found {
			return nil, Invalid(field, "The environment variable "+quote(w)+" has no value.", "Write it as "+name+"=value; several are separated by blanks.")
		}
		if !envNamePattern.MatchString(name) {
			return nil, Invalid(field, "The environment variable name "+quote(name)+" is not one.", "Use letters, digits and underscores.")
		}
		if given[name] {
			return nil, Invalid(field, "The environment variable "+quote(name)+" is given twice.", "Keep the one that you mean.")
		}
		given[name] = true
	}
	return words, nil
}

// SplitCommand splits a launch command into words as a shell would, without
// any expansion: no shell is needed in the image.
func SplitCommand(s string) ([]string, error) {
	const field = "config.launch_command"
	if len(s) > MaxTextLength {
		return nil, Invalid(field, "The launch command is longer than 4096 bytes.", "Put it into a script in the image.")
	}
	words, err := splitWords(s)
	if err != nil {
		return nil, Invalid(field, "The launch command has "+err.Error()+".", "Close it.")
	}
	return words, nil
}

// splitWords splits at blanks; single and double quotes group, a backslash
// outside single quotes takes the next character as it is.
func splitWords(s string) (words []string, err error) {
	var word strings.Builder
	var quoted rune
	open, escaped := false, false
	for _, r := range s {
		switch {
		case escaped:
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quoted != '\'':
			escaped, open = true, true
		case quoted != 0 && r == quoted:
			quoted = 0
		case quoted == 0 && (r == '\'' || r == '"'):
			quoted, open = r, true
		case quoted == 0 && strings.ContainsRune(" \t\r\n", r):
			if open {
				words = append(words, word.String())
			}
			word.Reset()
			open = false
		case r == 0:
			return nil, fmt.Errorf("a NUL character")
		default:
			word.WriteRune(r)
			open = true
		}
	}
	if quoted != 0 {
		return nil, fmt.Errorf("an open %c quote", quoted)
	}
	if escaped {
		return nil, fmt.Errorf("a backslash at its end")
	}
	if open {
		words = append(words, word.String())
	}
	return words, nil
}
