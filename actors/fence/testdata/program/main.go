// Command program is dockerdriver as far as the fence needs it, and the lies it could tell.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"dockerdriver/actors/fence/probe"
)

// lie is set when this is built; empty: none.
var lie string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	words := os.Args[2:] // after "fence"
	if words[0] == "listen" {
		listen(ctx)
		return
	}
	if words[0] == "disk" {
		disk(ctx, words[1:])
		return
	}
	var run string
	var targets probe.Targets
	for _, word := range words[1:] {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "--run":
			run = value
		case "--unproven":
			targets.Unproven = append(targets.Unproven, value)
		case "--listening":
			targets.Listening = append(targets.Listening, value)
		}
	}
	switch lie {
	case "exits at once":
		return
	case "prints garbage":
		fmt.Println("{}\nnull\n[1]\nall is well")
		return
	case "hangs":
		<-ctx.Done()
		return
	}
	if err := probe.Reach(ctx, os.Stdout, run, targets); err != nil {
		fmt.Fprintln(os.Stderr, err)
		if lie != "ends with 0" {
			os.Exit(1)
		}
	}
}

func disk(ctx context.Context, words []string) {
	run := strings.TrimPrefix(words[0], "--run=")
	switch lie {
	case "exits at once":
		return
	case "prints garbage":
		fmt.Println(`{}\nnull\n{"run":"another","total":1,"free":1}`)
		return
	case "hangs":
		<-ctx.Done()
		return
	}
	if err := probe.Disk(os.Stdout, run); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func listen(ctx context.Context) {
	port := probe.Port
	if told, err := strconv.Atoi(os.Getenv("PORT")); err == nil {
		port = told
	}
	if lie == "has no neighbour" {
		fmt.Println("no")
		os.Exit(3)
	}
	if err := probe.Listen(ctx, os.Stdout, port); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
