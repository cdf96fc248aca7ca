package engine

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// layersFolder holds an image's layers, named by their place from the bottom up.
const layersFolder = "layers"

func layerFile(imageFolder string, at int) string {
	return filepath.Join(imageFolder, layersFolder, strconv.Itoa(at))
}

// linkLayer gives a layer, told by the diff IDs up to and with its own, a second place. It returns false when no image that is
// there has it.
func (s *imageStore) linkLayer(chain []string, to string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, candidate := range s.byID {
		diffIDs := candidate.Config.RootFS.DiffIDs
		if len(diffIDs) < len(chain) || !slices.Equal(diffIDs[:len(chain)], chain) {
			continue
		}
		// An image of a state directory from before layers were kept has none.
		if os.Link(layerFile(filepath.Join(s.dir, candidate.hex()), len(chain)-1), to) == nil {
			return true
		}
	}
	return false
}
