package userdata

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/textproto"
	"strings"

	"gopkg.in/yaml.v3"
)

// boundary is fixed, so that the same host has the same user-data; the parts
// are checked not to hold it.
const boundary = "==pb-user-data=="

// mergeType makes lists of the site's part follow ours, while a key of ours
// that is no list stays as it is (cloud-init, "Merging user-data sections").
const mergeType = "list(append)+dict(no_replace,recurse_list)+str()"

// withExtra puts the site's part beside ours.
func withExtra(ours []byte, extra string) ([]byte, error) {
	kind, err := extraType(extra)
	if err != nil {
		return nil, err
	}
	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	if err := parts.SetBoundary(boundary); err != nil {
		return nil, fmt.Errorf("cannot write user-data: %w", err)
	}
	for _, part := range []struct{ kind, name, text string }{
		{"text/cloud-config", "pb.yaml", string(ours)},
		{kind, "site", strings.TrimLeft(extra, "\r\n\t ")},
	} {
		header := textproto.MIMEHeader{
			"Content-Type":        {part.kind + `; charset="utf-8"`},
			"Content-Disposition": {`attachment; filename="` + part.name + `"`},
			"Mime-Version":        {"1.0"},
		}
		if part.name == "site" && kind == "text/cloud-config" {
			header.Set("Merge-Type", mergeType)
		}
		w, err := parts.CreatePart(header)
		if err == nil {
			_, err = w.Write([]byte(part.text))
		}
		if err != nil {
			return nil, fmt.Errorf("cannot write user-data: %w", err)
		}
	}
	if err := parts.Close(); err != nil {
		return nil, fmt.Errorf("cannot write user-data: %w", err)
	}
	head := "Content-Type: multipart/mixed; boundary=\"" + boundary + "\"\nMIME-Version: 1.0\n\n"
	return append([]byte(head), body.Bytes()...), nil
}

func extraType(extra string) (string, error) {
	text := strings.TrimLeft(extra, "\r\n\t ")
	if strings.Contains(text, boundary) {
		return "", fmt.Errorf("cannot use the site's user-data: it holds %s, which separates its parts", boundary)
	}
	if strings.HasPrefix(text, "#!") {
		return "text/x-shellscript", nil
	}
	if first, _, _ := strings.Cut(text, "\n"); strings.TrimSpace(first) != "#cloud-config" {
		return "", fmt.Errorf("cannot use the site's user-data: it begins with %.40q; begin it with #cloud-config, or with #! for a script", first)
	}
	var keys map[string]any
	if err := yaml.Unmarshal([]byte(text), &keys); err != nil {
		return "", fmt.Errorf("cannot use the site's user-data: it is not YAML: %w", err)
	}
	return "text/cloud-config", nil
}
