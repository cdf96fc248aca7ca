// Command notebook is the one program of the test image: static, and told by
// its arguments what to do.
package main

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	mode := "serve"
	if len(os.Args) > 1 {
		mode = os.Args[1]
	}
	switch mode {
	case "serve":
		http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "hello ", os.Getenv("NAME"))
		})
		fmt.Fprintln(os.Stderr, http.ListenAndServe(":8787", nil))
		os.Exit(1)
	case "exit": // exit CODE: words on both streams, then the end
		code, _ := strconv.Atoi(os.Args[2])
		fmt.Println("words to stdout")
		fmt.Fprintln(os.Stderr, "words to stderr")
		os.Exit(code)
	case "stubborn": // ends by force only
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("ready")
		time.Sleep(time.Hour)
	case "eat": // eat MIB: holds that much memory
		mib, _ := strconv.Atoi(os.Args[2])
		held := make([]byte, mib<<20)
		for i := 0; i < len(held); i += 4096 {
			held[i] = 1
		}
		time.Sleep(time.Hour)
		fmt.Println(len(held))
	case "talk": // much, colourful and long
		for i := range 2100 {
			fmt.Println("line", i)
		}
		fmt.Println("\x1b[31mred\x1b[0m \x1b]0;title\x07 10%\r100% \u202edone")
		fmt.Println(strings.Repeat("x", 100_000))
		fmt.Print("no newline")
	case "rights": // what the kernel lets it do
		status, _ := os.ReadFile("/proc/self/status")
		for line := range strings.Lines(string(status)) {
			if strings.HasPrefix(line, "NoNewPrivs") || strings.HasPrefix(line, "CapEff") || strings.HasPrefix(line, "CapBnd") {
				fmt.Println(strings.Join(strings.Fields(line), " "))
			}
		}
		var files syscall.Rlimit
		_ = syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files)
		fmt.Println("nofile", files.Max)
	}
}
