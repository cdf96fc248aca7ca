//go:build linux

package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// results are samples, one for each round, by row and contender.
type results map[string]map[string][]float64

func (r results) add(name string, samples map[string]float64) {
	for key, value := range samples {
		if r[key] == nil {
			r[key] = map[string][]float64{}
		}
		r[key][name] = append(r[key][name], value)
	}
}

// ratios are ours by a peer's, round by round.
func (r results) ratios(key, peer string) []float64 {
	mine, theirs := r[key][ours], r[key][peer]
	if len(mine) != len(theirs) {
		return nil
	}
	all := make([]float64, len(mine))
	for i := range mine {
		all[i] = mine[i] / theirs[i]
	}
	return all
}

// report writes what each round of some rows found.
func (r results) report(to io.Writer, rows []row) {
	for _, row := range rows {
		if r[row.key] == nil {
			continue
		}
		head, line := "|  |", "|---|"
		for round := range r[row.key][ours] {
			head, line = fmt.Sprintf("%s %d |", head, round+1), line+"---|"
		}
		fmt.Fprintf(to, "\n%s\n\n%s median | min–max | ours by it: median | min–max |\n%s---|---|---|---|\n", row.name(), head, line)
		for _, name := range everybody {
			samples := r[row.key][name]
			if len(samples) == 0 {
				continue
			}
			fmt.Fprintf(to, "| %s |", name)
			for _, sample := range samples {
				fmt.Fprintf(to, " %s |", digits(sample))
			}
			fmt.Fprintf(to, " **%s** | %s |", digits(median(samples)), spread(samples))
			if ratios := r.ratios(row.key, name); name != ours && len(ratios) > 0 {
				fmt.Fprintf(to, " %.2f | %s |", median(ratios), spread(ratios))
			} else {
				fmt.Fprint(to, " | |")
			}
			fmt.Fprintln(to)
		}
	}
}

// summary writes one line for each row, with the bars.
func (r results) summary(to io.Writer, all []figure) {
	fmt.Fprint(to, "\n| figure | ours (min–max) | nginx | haproxy | CHP | direct | ours by nginx (min–max) | ours by CHP (min–max) | must | goal |\n|---|---|---|---|---|---|---|---|---|---|\n")
	for _, f := range all {
		for _, row := range f.rows {
			if r[row.key] == nil {
				continue
			}
			fmt.Fprintf(to, "| %s |", row.name())
			fmt.Fprintf(to, " %s |", orDash(r[row.key][ours], func(s []float64) string { return fmt.Sprintf("%s (%s)", digits(median(s)), spread(s)) }))
			for _, name := range everybody[1:] {
				fmt.Fprintf(to, " %s |", orDash(r[row.key][name], func(s []float64) string { return digits(median(s)) }))
			}
			for _, peer := range []string{nginx, chp} {
				fmt.Fprintf(to, " %s |", orDash(r.ratios(row.key, peer), func(s []float64) string { return fmt.Sprintf("%.2f (%s)", median(s), spread(s)) }))
			}
			fmt.Fprintf(to, " %s | %s |\n", r.judge(row, row.must), r.judge(row, row.goal))
		}
	}
}

// judge tells a bar and whether the median is within it.
func (r results) judge(row row, b bar) string {
	if b.of == "" {
		return "–"
	}
	samples, words := r[row.key][ours], strings.TrimSpace("≤ "+digits(b.limit)+" "+row.unit)
	if b.of != itself {
		samples, words = r.ratios(row.key, b.of), fmt.Sprintf("≤ %.2f × %s", b.limit, b.of)
	}
	switch {
	case len(samples) == 0:
		return words + ": not measured"
	case median(samples) > b.limit:
		return words + ": **no**"
	case slices.Max(samples) > b.limit:
		return words + ": yes, not in all rounds"
	}
	return words + ": yes"
}

func orDash(samples []float64, words func([]float64) string) string {
	if len(samples) == 0 {
		return "–"
	}
	return words(samples)
}

func median(samples []float64) float64 {
	sorted := slices.Sorted(slices.Values(samples))
	middle := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[middle-1] + sorted[middle]) / 2
	}
	return sorted[middle]
}

func spread(samples []float64) string {
	return digits(slices.Min(samples)) + "–" + digits(slices.Max(samples))
}

// digits writes three that count.
func digits(x float64) string {
	switch {
	case x >= 100 || x <= -100 || x == 0:
		return fmt.Sprintf("%.0f", x)
	case x >= 10 || x <= -10:
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.2f", x)
}
