package notebook

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/rs/zerolog"
)

// stopLimit is how long open requests may take to notice that the process ends.
const stopLimit = time.Second

// Config says where the notebook listens and how it behaves.
type Config struct {
	// Addr is the address to listen on. Empty means the port in the environment
	// variable PORT, else :8787.
	Addr string
	// Dir holds the uploaded files and is made when missing. Empty means the
	// environment variable NOTEBOOK_DIR, else the first of ./files and a folder in
	// the system's temporary directory that can be written.
	Dir string
	// Log gets the start-up lines and one line a request.
	Log zerolog.Logger
	// Getenv reads the environment; nil means os.Getenv.
	Getenv func(string) string
	// Listening, when set, is told the address once requests are answered.
	Listening func(net.Addr)
}

// ExitError is how a notebook says that its process ends with a code of its own:
// NOTEBOOK_EXIT_AT_START or a request to /crash.
type ExitError struct {
	Code   int // 0..255
	Reason string
}

func (e *ExitError) Error() string {
	return fmt.Sprintf("notebook ends with code %d: %s", e.Code, e.Reason)
}

// ExitCode is the code that the process should end with; kong asks for it.
func (e *ExitError) ExitCode() int { return e.Code }

// Run serves the notebook until ctx ends or the process gets SIGTERM or SIGINT,
// which is no error. It obeys three variables that let tests have a notebook with
// a bad day: NOTEBOOK_EXIT_AT_START (a code: log an error, return an *ExitError),
// NOTEBOOK_START_DELAY (a duration to wait before listening) and
// NOTEBOOK_NEVER_LISTEN (anything: run without ever listening). With
// NOTEBOOK_HOSTILE (anything) it is no notebook, but what attacks others.
func Run(ctx context.Context, config Config) error {
	// As the first process of a container nobody else would act on SIGTERM.
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, os.Interrupt)
	defer stop()
	if config.Getenv == nil {
		config.Getenv = os.Getenv
	}
	config.Log.Info().Str("hostname", hostname()).Int("pid", os.Getpid()).Msg("notebook starting")
	ready, err := rehearse(ctx, config)
	if err != nil || !ready {
		return err
	}
	return serve(ctx, config)
}

// rehearse plays the bad days. It is ready when there is something to serve after it.
func rehearse(ctx context.Context, config Config) (ready bool, err error) {
	if text := config.Getenv("NOTEBOOK_EXIT_AT_START"); text != "" {
		code, err := strconv.ParseUint(text, 10, 8)
		if err != nil {
			return false, fmt.Errorf("cannot read NOTEBOOK_EXIT_AT_START=%q: give an exit code from 0 to 255", text)
		}
		config.Log.Error().Uint64("code", code).Msg("notebook cannot start: told so by NOTEBOOK_EXIT_AT_START")
		return false, &ExitError{Code: int(code), Reason: "NOTEBOOK_EXIT_AT_START"}
	}
	if text := config.Getenv("NOTEBOOK_START_DELAY"); text != "" {
		delay, err := time.ParseDuration(text)
		if err != nil || delay < 0 {
			return false, fmt.Errorf("cannot read NOTEBOOK_START_DELAY=%q: give a duration such as 5s", text)
		}
		config.Log.Info().Stringer("dur", delay).Msg("notebook waits before it listens")
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			return false, nil
		}
	}
	if config.Getenv("NOTEBOOK_NEVER_LISTEN") != "" {
		config.Log.Warn().Msg("notebook never listens: told so by NOTEBOOK_NEVER_LISTEN")
		<-ctx.Done()
		return false, nil
	}
	return true, nil
}

func serve(ctx context.Context, config Config) error {
	shelf, err := openShelf(cmp.Or(config.Dir, config.Getenv("NOTEBOOK_DIR")))
	if err != nil {
		return err
	}
	defer shelf.close()
	listener, err := listen(ctx, config)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	site := &site{kernel: newKernel(), shelf: shelf, log: config.Log, crash: func(code int) {
		cancel(&ExitError{Code: code, Reason: "asked to by /crash"})
	}}
	var requests sync.WaitGroup
	handler := site.handler()
	if config.Getenv("NOTEBOOK_HOSTILE") != "" {
		config.Log.Warn().Msg("notebook is hostile: told so by NOTEBOOK_HOSTILE")
		handler = newHostile()
	}
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			requests.Add(1)
			defer requests.Done()
			handler.ServeHTTP(w, r)
		}),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		// Streams end when the process is told to, so that it can end at once.
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	config.Log.Info().Stringer("addr", listener.Addr()).Str("dir", shelf.dir).Msg("notebook listening")
	if config.Listening != nil {
		config.Listening(listener.Addr())
	}
	select {
	case err := <-failed:
		return fmt.Errorf("cannot serve the notebook: %v", err)
	case <-ctx.Done():
	}
	err = end(ctx, server, config.Log)
	await(&requests)
	return err
}

// await gives websockets, which the server forgets, up to stopLimit to say goodbye.
func await(requests *sync.WaitGroup) {
	done := make(chan struct{})
	go func() {
		requests.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(stopLimit):
	}
}

func listen(ctx context.Context, config Config) (net.Listener, error) {
	addr := config.Addr
	if addr == "" {
		addr = ":" + cmp.Or(config.Getenv("PORT"), "8787")
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %v", addr, err)
	}
	return listener, nil
}

// end lets answers under way finish within stopLimit, then drops the rest.
func end(ctx context.Context, server *http.Server, log zerolog.Logger) error {
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		_ = server.Close() // all that is left is connections that nobody waits for
	}
	var exit *ExitError
	if errors.As(context.Cause(ctx), &exit) {
		log.Error().Int("code", exit.Code).Msg("notebook crashes: asked to by /crash")
		return exit
	}
	log.Info().Msg("notebook ended")
	return nil
}

func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return name
}
