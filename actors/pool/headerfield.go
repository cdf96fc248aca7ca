package pool

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Bounds of what a blueprint may set on requests.
const (
	MaxRequestHeaders = 32
	MaxHeaderBytes    = 8 << 10
	MaxIdlePaths      = 64
	MaxIdlePathBytes  = 4 << 10
)

// ours are fields that a blueprint may not set: they say where a request goes,
// how long it is, what becomes of the connection, or who asks.
var ours = []string{
	"host", "content-length", "transfer-encoding", "te", "trailer", "connection", "proxy-connection", "keep-alive", "upgrade",
	"expect", "cookie", "origin", "proxy-authorization", "proxy-authenticate", "forwarded",
	"x-script-name", "x-rstudio-root-path",
}

// fieldName is a token (RFC 9110 5.6.2).
var fieldName = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")

func isControl(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }

// ParseRequestHeaders reads fields, "Name: value", one a line. Empty lines are
// left out. It refuses fields that are the proxy's own business.
func ParseRequestHeaders(s string) ([]HeaderField, error) {
	const field = "config.proxy_options.request_headers"
	if len(s) > MaxHeaderBytes {
		return nil, Invalid(field, "The request headers are longer than 8 KiB.", "Shorten them.")
	}
	var fields []HeaderField
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		name, value, found := strings.Cut(line, ":")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		lower := strings.ToLower(name)
		switch {
		case !found || !fieldName.MatchString(name):
			return nil, Invalid(field, "The request header "+quote(line)+" is none.", "Write Name: value, one on each line.")
		case strings.ContainsFunc(value, isControl):
			return nil, Invalid(field, "The value of the request header "+quote(name)+" has control characters.", "Leave them out.")
		case slices.Contains(ours, lower) || strings.HasPrefix(lower, "x-forwarded-") || strings.HasPrefix(lower, "sec-"):
			return nil, Invalid(field, "The request header "+quote(name)+" cannot be set: it is the proxy's or the browser's own.", "Leave it out.")
		case slices.ContainsFunc(fields, func(f HeaderField) bool { return strings.EqualFold(f.Name, name) }):
			return nil, Invalid(field, "The request header "+quote(name)+" is given twice.", "Keep the one that you mean.")
		}
		fields = append(fields, HeaderField{Name: name, Value: value})
	}
	if len(fields) > MaxRequestHeaders {
		return nil, Invalid(field, fmt.Sprintf("There are more than %d request headers.", MaxRequestHeaders), "Keep those that the program in the image needs.")
	}
	return fields, nil
}

// ParseIdlePaths reads patterns of paths, separated by blanks.
func ParseIdlePaths(s string) ([]string, error) {
	const field = "config.proxy_options.idle_paths"
	patterns := strings.Fields(s)
	if len(s) > MaxIdlePathBytes || len(patterns) > MaxIdlePaths {
		return nil, Invalid(field, fmt.Sprintf("There are more than %d idle paths, or more than 4 KiB of them.", MaxIdlePaths), "Join some by *, which stands for any run of characters.")
	}
	for _, pattern := range patterns {
		if !strings.HasPrefix(pattern, "/") && !strings.HasPrefix(pattern, "*") {
			return nil, Invalid(field, "The idle path "+quote(pattern)+" is none.", "Begin it with / or *, such as */events/get_events.")
		}
		if strings.ContainsAny(pattern, "?#") {
			return nil, Invalid(field, "The idle path "+quote(pattern)+" has a query, which is not compared.", "Write the path alone.")
		}
	}
	return patterns, nil
}
