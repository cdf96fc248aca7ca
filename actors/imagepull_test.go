package actors_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors"
	"dockerdriver/actors/pool"
)

// warehouse is the Registry port: a pull takes 10 s and ends as told.
type warehouse struct {
	mu    sync.Mutex
	fail  error
	begun []string
	under int
	most  int
	left  []string // whose context ended
}

func (w *warehouse) Pull(ctx context.Context, reference, _ string, progress func(got, total int64)) (string, error) {
	w.mu.Lock()
	w.begun = append(w.begun, reference)
	w.under++
	w.most = max(w.most, w.under)
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.under--
	}()
	for n := range int64(10) {
		progress(n*10, 100)
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			w.mu.Lock()
			defer w.mu.Unlock()
			w.left = append(w.left, reference)
			return "", ctx.Err()
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	progress(100, 100)
	return "pulled.img", w.fail
}

func (w *warehouse) hasBegun() []string {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.begun)
}

func (w *warehouse) wasLeft() []string {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.left)
}

func (w *warehouse) atOnce() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.most
}

func pulling(t *testing.T, tell func(s *scene, w *warehouse)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &warehouse{}
		o := newOutside()
		o.ports = func(options *actors.Options) { options.Registry = w }
		s := &scene{T: t, outside: o}
		s.begin()
		defer func() { _ = s.sys.Stop(context.Background()) }()
		tell(s, w)
		s.end()
	})
}

func (s *scene) pull(reference string) pool.Pull {
	s.Helper()
	p, err := s.client.PullImage(s.Context(), admin, reference, "")
	require.NoError(s, err)
	return p
}

func (s *scene) pulled(id string) pool.Pull {
	s.Helper()
	synctest.Wait()
	for _, p := range s.client.Snapshot().Pulls {
		if p.ID == id {
			return p
		}
	}
	require.Fail(s, "no such pull")
	return pool.Pull{}
}

func TestPullTellsItsBytesAndItsEnd(t *testing.T) {
	t.Parallel()
	pulling(t, func(s *scene, _ *warehouse) {
		events, err := s.client.Subscribe(s.Context(), 0)
		require.NoError(s, err)
		var mu sync.Mutex
		var told []pool.Pull
		go func() {
			for e := range events {
				if e.Kind == pool.EventPull {
					mu.Lock()
					told = append(told, *e.Pull)
					mu.Unlock()
				}
			}
		}()
		p := s.pull("rocker/rstudio:4.4")
		require.Equal(s, "linux/"+runtime.GOARCH, p.Platform)
		require.Equal(s, pool.PullPulling, p.State)
		time.Sleep(5500 * time.Millisecond)
		require.Equal(s, []int64{50, 100}, []int64{s.pulled(p.ID).Got, s.pulled(p.ID).Total})
		s.change(func() {
			s.directory = append(s.directory, pool.Image{ID: "sha256:new", Tags: []string{"rocker/rstudio:4.4"}, File: "pulled.img"})
		})
		time.Sleep(5 * time.Second)
		ended := s.pulled(p.ID)
		require.Equal(s, pool.PullDone, ended.State)
		require.Equal(s, "pulled.img", ended.File)
		require.Equal(s, ended.Total, ended.Got)
		require.Equal(s, 10*time.Second, ended.EndedAt.Sub(ended.StartedAt))
		_, known := s.client.Snapshot().ImageByRef("rocker/rstudio:4.4")
		require.True(s, known, "the directory was read at once")
		mu.Lock()
		defer mu.Unlock()
		require.Equal(s, ended, told[len(told)-1])
	})
}

func TestPullOfTheSameImageIsTheOneUnderWay(t *testing.T) {
	t.Parallel()
	pulling(t, func(s *scene, w *warehouse) {
		first := s.pull("rocker/rstudio")
		time.Sleep(time.Second)
		require.Equal(s, first.ID, s.pull("docker.io/rocker/rstudio:latest").ID)
		_, err := s.client.PullImage(s.Context(), admin, "rocker/rstudio", "linux/s390x")
		require.Equal(s, pool.CodeConflict, pool.CodeOf(err))
		time.Sleep(10 * time.Second)
		require.NotEqual(s, first.ID, s.pull("rocker/rstudio").ID, "one that is done does not count")
		time.Sleep(11 * time.Second)
		require.Len(s, w.hasBegun(), 2)
	})
}

func TestTwoPullsGoOnAtOnceAndTheOthersWaitInOrder(t *testing.T) {
	t.Parallel()
	pulling(t, func(s *scene, w *warehouse) {
		for n := range 30 {
			_, err := s.client.PullImage(s.Context(), admin, fmt.Sprintf("a/b:%d", n), "")
			if n < 20 {
				require.NoError(s, err)
			} else {
				require.Equal(s, pool.CodeRateLimited, pool.CodeOf(err))
			}
		}
		time.Sleep(time.Second)
		require.Len(s, w.hasBegun(), 2)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		require.Len(s, w.hasBegun(), 20)
		require.Equal(s, 2, w.atOnce())
		for n := 0; n < 20; n += 2 { // two that begin at the same instant have no order
			require.ElementsMatch(s, []string{fmt.Sprintf("a/b:%d", n), fmt.Sprintf("a/b:%d", n+1)}, w.hasBegun()[n:n+2])
		}
		s.pull("a/c")
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Len(s, s.client.Snapshot().Pulls, 20, "the oldest is forgotten")
		require.Equal(s, "a/c", s.client.Snapshot().Pulls[0].Reference, "the newest comes first")
	})
}

func TestCancelledPullEndsAndMakesWay(t *testing.T) {
	t.Parallel()
	pulling(t, func(s *scene, w *warehouse) {
		first, second, waits, late := s.pull("a/a"), s.pull("a/b"), s.pull("a/c"), s.pull("a/d")
		time.Sleep(2 * time.Second)
		require.NoError(s, s.client.CancelPull(s.Context(), admin, first.ID))
		require.NoError(s, s.client.CancelPull(s.Context(), admin, late.ID), "one that waits can be cancelled as well")
		ended := s.pulled(first.ID)
		require.Equal(s, pool.PullFailed, ended.State)
		require.Contains(s, ended.Failure, "It was cancelled by ")
		require.Equal(s, []string{"a/a"}, w.wasLeft())
		require.ElementsMatch(s, []string{"a/a", "a/b"}, w.hasBegun()[:2]) // at the same instant
		require.Equal(s, []string{"a/c"}, w.hasBegun()[2:])
		time.Sleep(11 * time.Second)
		for _, p := range []pool.Pull{second, waits} {
			require.Equal(s, pool.PullDone, s.pulled(p.ID).State)
		}
		require.NoError(s, s.client.CancelPull(s.Context(), admin, second.ID))
		require.Equal(s, pool.PullDone, s.pulled(second.ID).State, "what is done stays so")
		require.Equal(s, pool.CodeNotFound, pool.CodeOf(s.client.CancelPull(s.Context(), admin, "none")))
		require.Len(s, w.hasBegun(), 3)
	})
}

func TestPullThatFailsSaysWhyAndShutdownModeEndsNone(t *testing.T) {
	t.Parallel()
	pulling(t, func(s *scene, w *warehouse) {
		w.fail = errors.New("the registry is away")
		p := s.pull("a/a")
		_, err := s.client.SetVariable(s.Context(), admin, pool.VarShutdownMode, "True", 0)
		require.NoError(s, err)
		time.Sleep(11 * time.Second)
		require.Equal(s, "the registry is away", s.pulled(p.ID).Failure)
		require.Empty(s, w.wasLeft(), "it went on to its own end")
	})
}

func TestPullIsRefusedBeforeAnythingIsAsked(t *testing.T) {
	t.Parallel()
	pulling(t, func(s *scene, w *warehouse) {
		for _, test := range []struct{ reference, platform, field string }{
			{"Not A Name", "", "reference"},
			{"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "", "reference"},
			{"a/b", "amd64", "platform"},
			{"a/b", "windows/amd64", "platform"},
		} {
			_, err := s.client.PullImage(s.Context(), admin, test.reference, test.platform)
			refusal, ok := errors.AsType[*pool.Error](err)
			require.True(s, ok, test.reference)
			require.Equal(s, test.field, refusal.Field)
			require.NotContains(s, refusal.Message, "image directory")
		}
		require.Empty(s, w.hasBegun())
	})
}

func TestImageInUseIsNotRemoved(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		s.change(func() { s.directory = append(s.directory, pool.Image{File: "broken.img", Fault: "It is truncated."}) })
		used := s.client.Snapshot().Images[0]
		for _, by := range []string{used.ID, used.File, used.Tags[0]} {
			err := s.client.RemoveImage(t.Context(), admin, by)
			require.Equal(t, pool.CodeImageInUse, pool.CodeOf(err), by)
			require.ErrorContains(t, err, "is used by active blueprints: demo.")
		}
		b := *s.client.Snapshot().Blueprint(s.blueprint)
		b.IsEnabled = false
		_, err := s.client.PutBlueprint(t.Context(), admin, b, 0)
		require.NoError(t, err)
		require.NoError(t, s.client.RemoveImage(t.Context(), admin, used.ID))
		synctest.Wait()
		_, there := s.client.Snapshot().ImageByRef(used.ID)
		require.False(t, there)
		require.NoError(t, s.client.RemoveImage(t.Context(), admin, "broken.img"), "a file with a fault goes by its name")
		require.Equal(t, pool.CodeNotFound, pool.CodeOf(s.client.RemoveImage(t.Context(), admin, "broken.img")))
	})
}

func TestImageIsPushedWhenSomebodyAsks(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		view := s.client.Snapshot()
		image, host := view.Images[0].ID, view.Hosts[0].ID
		require.NoError(t, s.client.PushImage(t.Context(), admin, image, nil))
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Contains(t, s.client.Snapshot().ImagesOn(host), image)
		require.NoError(t, s.client.PushImage(t.Context(), admin, image, []string{host}))
		require.Equal(t, pool.CodeNotFound, pool.CodeOf(s.client.PushImage(t.Context(), admin, image, []string{"none"})))
		require.Equal(t, pool.CodeNotFound, pool.CodeOf(s.client.PushImage(t.Context(), admin, "sha256:none", nil)))
		_, err := s.client.SetVariable(t.Context(), admin, pool.VarShutdownMode, "True", 0)
		require.NoError(t, err)
		require.Equal(t, pool.CodeShutdownMode, pool.CodeOf(s.client.PushImage(t.Context(), admin, image, nil)))
	})
}
