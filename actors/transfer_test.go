package actors_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors"
	"dockerdriver/actors/pool"
)

// layerStore is an engine whose images have layers, and an image directory whose
// tarballs are the words "whole" or "without N".
type layerStore struct {
	actors.Engine
	info    pool.EngineInfo
	list    []pool.EngineImage
	listErr error
	refuse  map[string]error // by the tarball's words
	hides   bool             // a load succeeds and shows nothing
	loads   []string
	has     map[string]bool
	tags    []string
}

func (l *layerStore) Info(context.Context) (pool.EngineInfo, error) { return l.info, nil }

func (l *layerStore) ListImages(context.Context) ([]pool.EngineImage, error) {
	return l.list, l.listErr
}

func (l *layerStore) HasImage(_ context.Context, id string) (bool, error) { return l.has[id], nil }

func (l *layerStore) Load(_ context.Context, tarball io.Reader) error {
	words, err := io.ReadAll(tarball)
	if err != nil {
		return err
	}
	l.loads = append(l.loads, string(words))
	if err := l.refuse[string(words)]; err != nil {
		return err
	}
	l.has["sha256:top"] = !l.hides
	return nil
}

func (l *layerStore) Tag(_ context.Context, _, tag string) error {
	l.tags = append(l.tags, tag)
	return nil
}

func (*layerStore) Scan(context.Context) ([]pool.Image, error) { return nil, nil }

func (*layerStore) Open(_ context.Context, _ string, skip int) (io.ReadCloser, pool.Shipment, error) {
	words := "whole"
	if skip > 0 {
		words = fmt.Sprint("without ", skip)
	}
	return io.NopCloser(strings.NewReader(words)), pool.Shipment{Total: int64(len(words)), Skipped: int64(100 * skip)}, nil
}

// directory is the Images port of a layerStore: its Watch is another method of Engine.
type directory struct{ *layerStore }

func (directory) Watch(context.Context, func()) error { return nil }

func TestTransferSendsWhatTheEngineLacks(t *testing.T) {
	t.Parallel()
	known := pool.EngineInfo{Driver: "overlay2"}
	base := []pool.EngineImage{{ID: "sha256:base", Layers: []string{"a", "b"}}}
	gone := fmt.Errorf("no such file: %w", pool.ErrLayerGone)
	for _, c := range []struct {
		why     string
		engine  layerStore
		loads   []string
		skipped int64
		code    pool.Code
	}{
		{"it is there", layerStore{info: known, has: map[string]bool{"sha256:top": true}}, nil, 0, ""},
		{"an empty engine", layerStore{info: known}, []string{"whole"}, 0, ""},
		{"two layers are there", layerStore{info: known, list: base}, []string{"without 2"}, 200, ""},
		{"all layers are there", layerStore{info: known, list: []pool.EngineImage{{Layers: []string{"a", "b", "c"}}}}, []string{"without 3"}, 300, ""},
		{"a store that nobody knows", layerStore{info: pool.EngineInfo{Driver: "zfs"}, list: base}, []string{"whole"}, 0, ""},
		{"images in containerd", layerStore{info: pool.EngineInfo{Driver: "overlay2", Containerd: true}, list: base}, []string{"whole"}, 0, ""},
		{"an engine that does not list", layerStore{info: known, listErr: io.ErrUnexpectedEOF}, []string{"whole"}, 0, ""},
		{"a layer that is gone by then", layerStore{info: known, list: base, refuse: map[string]error{"without 2": gone}}, []string{"without 2", "whole"}, 0, ""},
		{
			"another refusal of a trimmed one",
			layerStore{info: known, list: base, refuse: map[string]error{"without 2": pool.Refuse(pool.CodeNoRoom, "full", "")}},
			[]string{"without 2"},
			200, pool.CodeNoRoom,
		},
		{"a load that brings nothing", layerStore{info: known, hides: true}, []string{"whole"}, 0, pool.CodeImagePush},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			engine := c.engine
			if engine.has == nil {
				engine.has = map[string]bool{}
			}
			states := []pool.PushState{}
			image := pool.Image{ID: "sha256:top", Tags: []string{"top:1", "top:2"}, Layers: []string{"a", "b", "c"}}
			transfer := &actors.Transfer{Images: directory{&engine}, Image: image, Log: zerolog.Nop()}
			transfer.Changed = func() { states = append(states, transfer.Progress().State) }
			err := transfer.Run(t.Context(), &engine)
			at := transfer.Progress()
			require.Equal(t, c.loads, engine.loads)
			require.Equal(t, c.skipped, at.Skipped)
			require.Equal(t, at.Total, at.Sent)
			if c.code != "" {
				require.Equal(t, c.code, pool.CodeOf(err))
				require.Empty(t, engine.tags)
				return
			}
			require.NoError(t, err)
			require.Equal(t, image.Tags, engine.tags)
			if c.loads == nil {
				require.Empty(t, states)
				require.Zero(t, at.Total)
				return
			}
			require.Equal(t, pool.PushVerifying, states[len(states)-1])
			require.Equal(t, pool.PushSending, states[0])
			require.False(t, at.Since.IsZero())
		})
	}
}
