package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
)

// output is how a listing looks.
type output struct {
	Output string `short:"o" enum:"table,json" default:"table" placeholder:"FORMAT" help:"${enum}: json is what the API says (default ${default})."`
}

// print writes the API's JSON as it came, or rows with tabs between their cells.
func (o output) print(w io.Writer, raw json.RawMessage, header string, rows []string) error {
	if o.Output == "json" {
		_, err := fmt.Fprintf(w, "%s\n", bytes.TrimSpace(raw))
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, line := range append([]string{header}, rows...) {
		if _, err := fmt.Fprintln(table, line); err != nil {
			return err
		}
	}
	return table.Flush()
}

// row joins the cells of one line of a table; an empty cell becomes a dash.
func row(cells ...string) string {
	for i, cell := range cells {
		if cells[i] = printable(cell); cells[i] == "" {
			cells[i] = "-"
		}
	}
	return strings.Join(cells, "\t")
}

// printable keeps what others wrote from steering the terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}

// localTime shows a time in the reader's zone, and names it.
func localTime(t *time.Time) string {
	if t == nil || t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04:05 MST")
}

// itemOf is one item of a list, as it came.
func itemOf(list json.RawMessage, at int) (json.RawMessage, error) {
	var all struct {
		Items []json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(list, &all); err != nil {
		return nil, err
	}
	return all.Items[at], nil
}
