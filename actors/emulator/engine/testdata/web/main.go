// Command web is the one program of the test images: static, and told by its arguments what to do.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) < 2 {
		serve(":8787")
	}
	switch os.Args[1] {
	case "serve", "notebook": // the second as in an image made by WriteDemo
		serve(":8787")
	case "local": // what a notebook does that is set up for the desktop
		serve("127.0.0.1:8787")
	case "half": // answers only when the other side has ended its half of the connection
		half(":8787")
	case "print": // print TEXT [EXIT CODE]: a line on each stream
		fmt.Println("out", os.Args[2])
		fmt.Fprintln(os.Stderr, "err", os.Args[2])
		if len(os.Args) > 3 {
			code, _ := strconv.Atoi(os.Args[3])
			os.Exit(code)
		}
	case "count": // count N: N lines
		n, _ := strconv.Atoi(os.Args[2])
		for i := range n {
			fmt.Println("line", i+1)
		}
	case "stubborn": // ends by force only
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("ready")
		forever()
	case "polite": // ends on SIGTERM with a code of its own
		asked := make(chan os.Signal, 1)
		signal.Notify(asked, syscall.SIGTERM)
		fmt.Println("ready")
		<-asked
		os.Exit(7)
	case "eat": // eat MIB: holds that much memory
		mib, _ := strconv.Atoi(os.Args[2])
		held := make([]byte, mib<<20)
		for i := 0; i < len(held); i += 4096 {
			held[i] = 1
		}
		fmt.Println("full")
		forever()
		fmt.Println(len(held))
	case "about": // what the program sees of its container
		about()
	}
}

func forever() {
	for {
		time.Sleep(time.Hour)
	}
}

func serve(address string) {
	// An engine without namespaces says where to listen.
	if port := os.Getenv("PORT"); port != "" {
		address = "127.0.0.1:" + port
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "hello from %s\n", os.Getenv("NAME"))
	})
	listener, err := net.Listen("tcp", address)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("listening on", address)
	fmt.Fprintln(os.Stderr, http.Serve(listener, nil))
	os.Exit(1)
}

func half(address string) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("listening on", address)
	for {
		conn, err := listener.Accept()
		if err != nil {
			os.Exit(1)
		}
		go func() {
			heard, _ := io.ReadAll(conn)
			fmt.Fprintf(conn, "heard %s", heard)
			conn.Close()
		}()
	}
}

func about() {
	dir, _ := os.Getwd()
	host, _ := os.Hostname()
	fmt.Println("dir", dir)
	fmt.Println("uid", os.Getuid(), "gid", os.Getgid())
	fmt.Println("host", host)
	fmt.Println("args", strings.Join(os.Args[1:], " "))
	for _, name := range []string{"PATH", "HOSTNAME", "HOME", "FROM_IMAGE", "NAME"} {
		fmt.Printf("%s=%s\n", name, os.Getenv(name))
	}
	for _, path := range []string{"/removed.txt", "/kept.txt", "/opaque/old.txt", "/opaque/new.txt", "/dev/null", "/proc/self", "/tmp"} {
		_, err := os.Stat(path)
		fmt.Println("exists", path, err == nil)
	}
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.SplitSeq(string(status), "\n") {
		if strings.HasPrefix(line, "NoNewPrivs") || strings.HasPrefix(line, "CapEff") {
			fmt.Println(strings.Join(strings.Fields(line), " "))
		}
	}
}
