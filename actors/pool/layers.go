package pool

import "errors"

// ErrLayerGone is in the error of a load whose tarball left out a layer that the
// engine turned out not to have: the image was removed in between.
var ErrLayerGone = errors.New("the engine does not have a layer that was left out")

// SharedLayers tells how many of an image's lowest layers some image on an engine
// has too. Engines find a layer by all that is below it (its chain id), and two
// layers have the same chain id exactly when all diff ids up to them are the same.
func SharedLayers(layers []string, there []EngineImage) int {
	most := 0
	for _, image := range there {
		shared := 0
		for shared < min(len(layers), len(image.Layers)) && layers[shared] == image.Layers[shared] {
			shared++
		}
		most = max(most, shared)
	}
	return most
}
