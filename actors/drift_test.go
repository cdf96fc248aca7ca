package actors_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

const newerImage = "sha256:2e0e5"

// replaceImage puts another digest under the demo image's tag, as docker save does.
func (o *outside) replaceImage() {
	o.change(func() {
		o.directory = []pool.Image{{ID: newerImage, Tags: []string{"dockerdriver/demo-notebook:latest"}, File: "demo.img", Size: 10}}
	})
	o.happenInDirectory()
}

func TestAReplacedImageReachesWhatQueuesAndLeavesWhatRunsAlone(t *testing.T) {
	t.Parallel()
	story(t, func(c *pool.Config) { c.ConsumedSlots = 4 }, func(t *testing.T, s *scene) {
		runs := s.after(time.Second, s.launch(alice).ID)
		require.Equal(t, pool.InstanceRunning, runs.State)
		queues := s.after(time.Second, s.launch(bob).ID)
		require.Equal(t, pool.InstanceQueueing, queues.State)
		s.replaceImage()
		queues = s.after(time.Second, queues.ID)
		require.Equal(t, newerImage, queues.Spec.ImageID)
		require.Equal(t, demoImage, s.after(0, runs.ID).Spec.ImageID)
		require.True(t, s.images[demoImage], "the host keeps what runs")
		view := s.client.Snapshot()
		drifted := view.Outdated(view.Images[0])
		require.Len(t, drifted, 1)
		require.Equal(t, runs.ID, drifted[0].ID)
		_, err := s.client.EndInstance(t.Context(), alice, runs.ID, pool.EndByOwner)
		require.NoError(t, err)
		queues = s.after(time.Second, queues.ID)
		require.Equal(t, pool.InstanceRunning, queues.State)
		require.Equal(t, newerImage, s.running()[0].spec.ImageID)
	})
}

func TestALaunchWhosePushHasBegunKeepsItsDigest(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		time.Sleep(time.Second)
		s.change(func() { s.images, s.loadTakes = map[string]bool{}, time.Minute })
		i := s.after(time.Second, s.launch(alice).ID)
		require.Equal(t, pool.StageImage, i.Stage)
		s.replaceImage()
		i = s.after(2*time.Minute, i.ID)
		require.Equal(t, pool.InstanceRunning, i.State)
		require.Equal(t, demoImage, s.running()[0].spec.ImageID)
	})
}

func TestALaunchWhosePushFailsWithItsFileTakesTheNewerOne(t *testing.T) {
	t.Parallel()
	story(t, nil, func(t *testing.T, s *scene) {
		time.Sleep(time.Second)
		s.change(func() { s.images, s.loadTakes = map[string]bool{}, 10*time.Second })
		i := s.after(time.Second, s.launch(alice).ID)
		s.change(func() { s.failLoad = pool.Refuse(pool.CodeImageMissing, "The file is gone.", "") })
		s.replaceImage()
		require.Equal(t, pool.StageImage, s.after(time.Second, i.ID).Stage)
		time.Sleep(8 * time.Second)
		s.change(func() { s.failLoad = nil })
		i = s.after(time.Minute, i.ID)
		require.Equal(t, pool.InstanceRunning, i.State)
	})
}

func TestALaunchWhoseImageIsRemovedFailsInWords(t *testing.T) {
	t.Parallel()
	story(t, func(c *pool.Config) { c.ConsumedSlots = 4 }, func(t *testing.T, s *scene) {
		runs := s.after(time.Second, s.launch(alice).ID)
		queues := s.after(time.Second, s.launch(bob).ID)
		s.change(func() { s.directory = nil })
		s.happenInDirectory()
		queues = s.after(time.Second, queues.ID)
		require.Equal(t, pool.InstanceFailed, queues.State)
		require.Equal(t, pool.CodeImageMissing, queues.Failure.Code)
		require.Contains(t, queues.Failure.Message, "dockerdriver/demo-notebook")
		require.Equal(t, pool.InstanceRunning, s.after(time.Second, runs.ID).State)
	})
}

func TestAPlaceThatComesWhileAnotherDigestIsStoredIsTaken(t *testing.T) {
	t.Parallel()
	story(t, func(c *pool.Config) { c.ConsumedSlots = 4 }, func(t *testing.T, s *scene) {
		runs := s.after(time.Second, s.launch(alice).ID)
		queues := s.after(time.Second, s.launch(bob).ID)
		s.slow(func(ch pool.Changes) bool {
			return len(ch.Instances) == 1 && ch.Instances[0].State == pool.InstanceQueueing && ch.Instances[0].Spec.ImageID == newerImage
		})
		s.replaceImage()
		_, err := s.client.EndInstance(t.Context(), alice, runs.ID, pool.EndByOwner)
		require.NoError(t, err)
		queues = s.after(5*time.Second, queues.ID)
		require.Equal(t, pool.InstanceRunning, queues.State)
		require.Equal(t, newerImage, queues.Spec.ImageID)
	})
}
