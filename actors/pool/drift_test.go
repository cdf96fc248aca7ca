package pool_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

func TestOutdated(t *testing.T) {
	t.Parallel()
	const old, current = "sha256:01d", "sha256:2e0"
	image := pool.Image{ID: current, Tags: []string{"rocker/rstudio:latest", "rocker/rstudio:4.4"}}
	tests := map[string]struct {
		instance pool.Instance
		image    pool.Image
		want     bool
	}{
		"launched before the file was replaced": {
			instance: pool.Instance{State: pool.InstanceRunning, Spec: pool.Spec{ImageRef: "rocker/rstudio:4.4", ImageID: old}}, image: image, want: true,
		},
		"the tag is written in another way": {
			instance: pool.Instance{State: pool.InstanceRunning, Spec: pool.Spec{ImageRef: "docker.io/rocker/rstudio", ImageID: old}}, image: image, want: true,
		},
		"it still queues with the older digest": {
			instance: pool.Instance{State: pool.InstanceQueueing, Spec: pool.Spec{ImageRef: "rocker/rstudio", ImageID: old}}, image: image, want: true,
		},
		"launched from this very digest": {
			instance: pool.Instance{State: pool.InstanceRunning, Spec: pool.Spec{ImageRef: "rocker/rstudio", ImageID: current}}, image: image,
		},
		"launched under another tag": {
			instance: pool.Instance{State: pool.InstanceRunning, Spec: pool.Spec{ImageRef: "rocker/rstudio:4.3", ImageID: old}}, image: image,
		},
		"launched by its digest, which nothing replaces": {
			instance: pool.Instance{State: pool.InstanceRunning, Spec: pool.Spec{ImageRef: old, ImageID: old}}, image: image,
		},
		"ended": {
			instance: pool.Instance{State: pool.InstanceDeleted, Spec: pool.Spec{ImageRef: "rocker/rstudio", ImageID: old}}, image: image,
		},
		"a faulty file has nothing newer": {
			instance: pool.Instance{State: pool.InstanceRunning, Spec: pool.Spec{ImageRef: "rocker/rstudio", ImageID: old}},
			image:    pool.Image{Tags: image.Tags, Fault: "cut short"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			view := pool.View{Instances: []*pool.Instance{&test.instance}}
			require.Equal(t, test.want, len(view.Outdated(test.image)) == 1)
		})
	}
}
