package pool

import "slices"

// Outdated returns the live instances, oldest first, that were launched under
// one of an image's tags when that named another digest: the image directory has
// a newer one than they run. Instances launched by digest are never outdated.
func (v *View) Outdated(image Image) []*Instance {
	if image.Fault != "" {
		return nil
	}
	tags := make([]string, 0, len(image.Tags))
	for _, tag := range image.Tags {
		tags = append(tags, NormalizeRef(tag))
	}
	var drifted []*Instance
	for _, i := range v.Instances {
		if i.State.Live() && i.Spec.ImageID != "" && i.Spec.ImageID != image.ID && slices.Contains(tags, NormalizeRef(i.Spec.ImageRef)) {
			drifted = append(drifted, i)
		}
	}
	return drifted
}
