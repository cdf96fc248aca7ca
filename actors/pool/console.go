package pool

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// ConsoleLines is how many lines of a machine's console are shown: its last ones.
const ConsoleLines = 200

// maxConsoleLine bounds, in characters, what is shown of one line.
const maxConsoleLine = 1000

// Console is what a host's machine has written on its console, as text that can be
// shown: without control characters and without secrets.
type Console struct {
	Lines   []string
	Missing ConsoleMissing // why there are no lines; empty: there are
}

// ConsoleMissing says why there is nothing of a console to read.
type ConsoleMissing string

// Reasons why a console is missing.
const (
	ConsoleNone   ConsoleMissing = "none"    // nothing there keeps one
	ConsoleNotYet ConsoleMissing = "not_yet" // the machine has written nothing so far
	ConsoleGone   ConsoleMissing = "gone"    // and the machine with it
)

// Words is the reason in a sentence.
func (m ConsoleMissing) Words() string {
	switch m {
	case ConsoleNone:
		return "There is no console: the cloud keeps none of this host's machine."
	case ConsoleNotYet:
		return "There is no console yet: the machine has not been started, or has written nothing so far."
	case ConsoleGone:
		return "There is no console any more: the machine is gone from the cloud."
	}
	return ""
}

// hidden stands where a secret stood.
const hidden = "[hidden]"

// NewConsole makes of a machine's own words what can be shown. What a site gives its
// machines as user data may hold secrets, and a script repeat it: none of its values is shown.
func NewConsole(text, userData string) Console {
	if strings.TrimSpace(text) == "" {
		return Console{Missing: ConsoleNotYet}
	}
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for n, line := range lines {
		lines[n] = plain(line)
	}
	lines = withoutKeys(lines)
	values := valuesIn(userData)
	asked := false // of passwords made by cloud-init, which lists them one a line
	for n, line := range lines {
		asked = madePasswords.MatchString(line) || asked && userAndPassword.MatchString(line)
		if asked && !madePasswords.MatchString(line) {
			line = userAndPassword.ReplaceAllString(line, "$1"+hidden)
		}
		for _, value := range values {
			line = strings.ReplaceAll(line, value, hidden)
		}
		for _, shape := range secretShapes {
			line = shape.ReplaceAllString(line, "${1}"+hidden)
		}
		if runes := []rune(line); len(runes) > maxConsoleLine {
			line = string(runes[:maxConsoleLine]) + "…"
		}
		lines[n] = line
	}
	return Console{Lines: lines[max(0, len(lines)-ConsoleLines):]}
}

// escapes are terminal control sequences; some clouds take the escape character
// itself out of them and leave the rest.
var escapes = regexp.MustCompile(`\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b?\[[0-9;?]*[0-9;][mKJH]|\x1b(?:\[[0-?]*[ -/]*[@-~]|[ -/]*[0-~])`)

// plain is a line without what only a terminal understands.
func plain(line string) string {
	line = escapes.ReplaceAllString(strings.ToValidUTF8(line, "\uFFFD"), "")
	line = strings.TrimRight(line, "\r")
	line = line[strings.LastIndexByte(line, '\r')+1:] // what was written over it
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == '\u2028', r == '\u2029':
			return -1
		}
		return r
	}, line)
}

// Shapes of secrets in a line, each with what stays of it.
var secretShapes = []*regexp.Regexp{
	regexp.MustCompile(`(?i)(\b[\w-]*(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|private[_-]?key|credential)[\w-]*["']?\s*(?:[:=]|\bis\b)\s*).+`),
	regexp.MustCompile(`(?i)(\bauthorization["']?\s*[:=]\s*|\b(?:bearer|basic)\s+)\S.*`),
	regexp.MustCompile(`(?i)(--?[\w-]*(?:passw(?:or)?d|secret|token)[\w-]*\s+)\S+`),
	regexp.MustCompile(`(\b[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s/]+(?:@)`),
	regexp.MustCompile(`()[A-Za-z0-9+/_=-]*(?:[A-Za-z0-9+/]{40,})[A-Za-z0-9+/_=-]*`), // a key, or a file in base64
}

var (
	madePasswords   = regexp.MustCompile(`(?i)set the following .{0,3}random.{0,3} passwords`)
	userAndPassword = regexp.MustCompile(`^(\s*(?:\[[^\]]*\])?\s*(?:[\w-]+\[\d+\]:\s*)?[a-z_][\w-]*:)\s*\S+\s*$`)
	beginsKey       = regexp.MustCompile(`-----BEGIN (?:[A-Z0-9 ]* )?(?:PRIVATE KEY|PGP MESSAGE|CERTIFICATE)[A-Z ]*-----`)
	endsKey         = regexp.MustCompile(`-----END (?:[A-Z0-9 ]* )?(?:PRIVATE KEY|PGP MESSAGE|CERTIFICATE)[A-Z ]*-----`)
	partOfKey       = regexp.MustCompile(`^\s*(?:\[[^\]]*\])?\s*(?:[\w-]+\[\d+\]:\s*)?[A-Za-z0-9+/=]*\s*$`)
)

// withoutKeys hides keys that are written out, also those of which only one end is there.
func withoutKeys(lines []string) []string {
	within := false
	for n, line := range lines {
		begins, ends := beginsKey.MatchString(line), endsKey.MatchString(line)
		if ends && !within && !begins { // its beginning was cut off
			for up := n - 1; up >= 0 && partOfKey.MatchString(lines[up]); up-- {
				lines[up] = hidden
			}
		}
		if within || begins || ends {
			lines[n] = hidden
		}
		within = (within || begins) && !ends
	}
	return slices.CompactFunc(lines, func(a, b string) bool { return a == hidden && b == hidden })
}

// minSecret is the least length of a value that is looked for: shorter ones are words.
const minSecret = 8

// valuesIn are the values and whole lines of a text in YAML or a shell's language,
// longest first, so that none hides a part of another.
func valuesIn(text string) (values []string) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") {
			continue
		}
		_, set, _ := strings.Cut(line, "=")
		_, mapped, _ := strings.Cut(line, ": ")
		for _, value := range []string{line, set, mapped, strings.TrimPrefix(line, "- ")} {
			value = strings.Trim(strings.TrimSpace(value), `"'`)
			if len(value) >= minSecret && !strings.HasSuffix(value, ":") && !slices.Contains(values, value) {
				values = append(values, value)
			}
		}
	}
	slices.SortFunc(values, func(a, b string) int { return len(b) - len(a) })
	return values
}
