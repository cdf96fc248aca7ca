package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/rs/zerolog"

	"dockerdriver/actors/cloud/local"
	"dockerdriver/actors/cloud/openstack"
	"dockerdriver/actors/docker"
	"dockerdriver/actors/images"
	"dockerdriver/actors/pki"
	"dockerdriver/actors/pool"
	"dockerdriver/httpapi"
	"dockerdriver/httpapi/history"
	"dockerdriver/persistence"
)

// systemUser is who the demo's settings are made by.
var systemUser = pool.User{ID: "system", Role: pool.RoleAdmin}

// demoPreset is what a demo has on its first start; later changes stay.
var demoPreset = map[string]string{pool.VarPluginWhitelist: pool.PluginDocker, pool.VarShutdownMode: "False"}

var demoBlueprint = pool.Blueprint{
	Name: "demo-notebook", Description: "A small notebook to try: cells, files, a websocket.",
	Plugin: pool.PluginDocker, IsEnabled: true,
	Config: pool.Config{
		DockerImage: images.DemoTag, InternalPort: images.DemoPort, MemoryLimit: "256m",
		MaximumLifetime: "1h 0m", MaximumInstancesPerUser: 2, ConsumedSlots: 1,
		ProxyOptions: pool.ProxyOptions{RewritePath: true}, // it knows no base URL
	},
}

// makeDemoImage writes the demo image. A program that cannot be in one (built
// with cgo) serves all the same, without something to launch.
func (s *server) makeDemoImage(ctx context.Context, dir string) error {
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("cannot find this program's own file: %v", err)
	}
	demo, err := images.WriteDemo(ctx, filepath.Join(dir, images.DemoFile), program, images.DemoOptions{})
	switch {
	case errors.Is(err, images.ErrNotStatic):
		s.log.Warn().Err(err).Msg("there is no demo notebook: build the program with CGO_ENABLED=0, as make does")
		return nil
	case err != nil:
		return err
	case demo.Written:
		s.log.Info().Str("image", demo.Digest).Int64("bytes", demo.Size).Msg("demo image written")
	}
	return nil
}

// demoPatience is how long a machine may be too busy, or its disk too slow, to
// take what the demo has on its first start.
const demoPatience = 2 * time.Minute

// prepareDemo sets what the demo has on its first start.
func (s *server) prepareDemo(ctx context.Context) error {
	if !s.options.Demo {
		return nil
	}
	for end := time.Now().Add(demoPatience); ; {
		err := s.presetDemo(ctx)
		if pool.CodeOf(err) != pool.CodeUnavailable || time.Now().After(end) {
			return err
		}
		s.log.Warn().Err(err).Msg("demo settings are tried again")
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// presetDemo can be repeated: what is set already stays.
func (s *server) presetDemo(ctx context.Context) error {
	for key, value := range demoPreset {
		if s.variable(key).Version > 0 {
			continue // somebody's choice by now
		}
		if _, err := s.client.SetVariable(ctx, systemUser, key, value, 0); err != nil {
			return err
		}
	}
	return s.makeDemoBlueprint(ctx)
}

func (s *server) variable(key string) pool.Variable {
	for _, v := range s.client.Snapshot().Variables {
		if v.Key == key {
			return v
		}
	}
	return pool.Variable{}
}

func (s *server) makeDemoBlueprint(ctx context.Context) error {
	if len(s.client.Snapshot().Blueprints) > 0 {
		return nil
	}
	_, err := s.client.PutBlueprint(ctx, systemUser, demoBlueprint, 0)
	if pool.CodeOf(err) == pool.CodeImageMissing {
		return nil // it was said when the image could not be made
	}
	return err
}

// announce is for the person at the terminal; the log has the same as fields.
func (s *server) announce() {
	ui, kind := s.options.uiURL(s.listeners.ui.Addr()), s.cloud.Kind()
	s.log.Info().Str("ui", ui).Str("notebooks", s.proxy.URL("<label>")).Str("cloud", kind).Str("engine", s.cloud.engineURL).Msg("serving")
	words := "real containers on the Docker engine at " + s.cloud.engineURL
	switch kind {
	case local.KindEmulator:
		words = "no Docker engine is used: containers are processes of static images, and their machines are emulated at " + s.cloud.engineURL
	case openstack.DefaultKind:
		words = "notebook hosts are machines of your project, made when they are wanted"
	}
	fmt.Fprintf(s.options.Out, "\nDockerDriver is at %s\nCloud: %s (%s)\nNotebooks are at %s\nTo trust their certificates, add %s to your browser.\n",
		ui, kind, words, s.proxy.URL("<label>"), filepath.Join(s.path(pkiName), pki.CertFile))
	for _, warning := range s.warnings() {
		s.log.Warn().Msg(warning)
		fmt.Fprintf(s.options.Out, "\nWARNING: %s.\n", warning)
	}
}

// firstAccounts makes the first administrator and the local operator's token.
func (s *server) firstAccounts(ctx context.Context) error {
	made, created, err := httpapi.EnsureAdmin(ctx, s.db, os.Getenv("DOCKERDRIVER_ADMIN_PASSWORD"))
	if err != nil {
		return err
	}
	if created && made != "" {
		fmt.Fprintf(s.options.Out, "\nFirst administrator: %s\nPassword (shown this once): %s\n", httpapi.FirstAdmin, made)
	}
	err = httpapi.EnsureOperatorToken(ctx, s.db, s.db, func(secret string) error {
		return writeOperator(s.options.DataDir, operator{URL: s.options.uiURL(s.listeners.ui.Addr()), Token: secret})
	})
	if full := errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT); full && !created {
		// Notebooks that run must be reached again, whatever cannot be stored.
		s.log.Error().Err(err).Msg("the command line's access is not renewed: it goes on with the one before")
		return nil
	}
	return err
}

// ours are the names that a server makes in its data directory, besides the lock.
var ours = []string{persistence.FileName, imagesDir, pkiName, emulatorName, probeName, operatorFile, choiceName, history.FileName}

// startOver removes what earlier runs of the demo left: first their containers,
// which only the old installation id finds, then their files. Whatever else is
// in the directory is somebody's, and stays.
func (s *server) startOver(ctx context.Context) error {
	if s.options.Cloud == openstack.DefaultKind || readChoice(s.options.DataDir).Kind == openstack.DefaultKind {
		return errors.New("cannot start over: machines of earlier runs may be in the cloud, and only their records find them. Set DD_SHUTDOWN_MODE to True, wait until the pool is drained, and then remove the data directory")
	}
	entries, err := os.ReadDir(s.options.DataDir)
	if err != nil {
		return fmt.Errorf("cannot start over in %s: %v", s.options.DataDir, err)
	}
	_, noDatabase := os.Stat(s.path(persistence.FileName))
	if len(entries) > 1 && noDatabase != nil { // the lock is always there
		return fmt.Errorf("cannot start over in %s: it holds files and no %s, so it is no data directory of a server. Choose another --data-dir", s.options.DataDir, persistence.FileName)
	}
	if err := s.removeOldContainers(ctx); err != nil {
		s.log.Warn().Err(err).Msg("cannot look for containers of earlier runs")
	}
	for _, name := range ours {
		if err := os.RemoveAll(s.path(name)); err != nil {
			return fmt.Errorf("cannot start over in %s: %v", s.options.DataDir, err)
		}
	}
	return nil
}

func (s *server) removeOldContainers(ctx context.Context) error {
	if _, err := os.Stat(s.path(persistence.FileName)); err != nil {
		return nil
	}
	db, err := persistence.Open(ctx, s.path(persistence.FileName), persistence.Options{Log: zerolog.Nop()})
	if err != nil {
		return err
	}
	defer db.Close()
	engines := docker.New(s.log)
	defer engines.Close()
	if readChoice(s.options.DataDir).Kind == local.KindEmulator && isOpenStack(s.options.EmulatorURL) {
		return nil // its containers ended with it
	}
	old, err := openCloud(ctx, cloudNeeds{options: s.options, stateDir: s.path(emulatorName), engines: engines, installation: db.Installation(), log: s.log})
	if err != nil {
		return err
	}
	defer old.close()
	engine, err := engines.Engine(pool.Endpoint{URL: old.engineURL})
	if err != nil {
		return err
	}
	left, err := engine.List(ctx, db.Installation())
	if err != nil {
		return err
	}
	for _, c := range left {
		if err := engine.Remove(ctx, c.ID); err != nil {
			return err
		}
	}
	return nil
}
