package images

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"dockerdriver/actors/pool"
)

// refuseConflicts gives a fault to images that share a tag, as nobody could tell
// which one a blueprint means, and to the second copy of an image.
func refuseConflicts(images []pool.Image) {
	claims := map[string][]int{} // tag → indexes of different images
	copies := map[string]int{}   // id → index of the first file that holds it
	for i := range images {
		image := &images[i]
		if image.Fault != "" {
			continue
		}
		if first, twice := copies[image.ID]; twice {
			image.Fault = fmt.Sprintf("the file holds the same image as %s: remove one of them, or save both names into one file", images[first].File)
			image.ID = ""
			continue
		}
		copies[image.ID] = i
		for _, tag := range image.Tags {
			claims[tag] = append(claims[tag], i)
		}
	}
	for _, tag := range slices.Sorted(maps.Keys(claims)) {
		claimants := claims[tag]
		if len(claimants) < 2 {
			continue
		}
		files := []string{}
		for _, i := range claimants {
			files = append(files, images[i].File)
		}
		slices.Sort(files)
		for _, i := range claimants {
			images[i].ID = ""
			images[i].Fault = cmp.Or(images[i].Fault, fmt.Sprintf("several images claim the name %s (in %s): keep one",
				tag, strings.Join(slices.Compact(files), ", ")))
		}
	}
}
