package images

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

const (
	indexName = "index.json"
	// The names of an image in an OCI layout: the whole one, as containerd and
	// BuildKit write it, and the one of the specification, often a tag alone.
	annotationName = "io.containerd.image.name"
	annotationRef  = "org.opencontainers.image.ref.name"
	// BuildKit's attestations are listed like images.
	annotationKind = "vnd.docker.reference.type"
	maxNesting     = 4   // of indexes in indexes
	maxVariants    = 500 // manifests in one layout
)

// variant is one manifest of an OCI layout under one name.
type variant struct {
	name     string
	about    v1.Descriptor
	manifest v1.Manifest
	platform string
}

// layoutListing tells what an OCI layout lists: of each name the image for the
// server's platform, or the only one there is.
func (c *contents) layoutListing() ([]listed, error) {
	index, found := c.small[indexName]
	if !found {
		return nil, errors.New("the file is an OCI layout without index.json: make it with docker save")
	}
	var root v1.IndexManifest
	if err := json.Unmarshal(index, &root); err != nil {
		return nil, fmt.Errorf("index.json cannot be read: %v", err)
	}
	variants, err := c.variants(nil, root, "", 0)
	if err != nil {
		return nil, err
	}
	var names []string
	byName := map[string][]variant{}
	for _, v := range variants {
		if len(byName[v.name]) == 0 {
			names = append(names, v.name)
		}
		byName[v.name] = append(byName[v.name], v)
	}
	all := []listed{}
	for _, name := range names {
		all = append(all, choose(name, byName[name]))
	}
	return all, nil
}

// variants appends the images of an index and of those nested in it. What an
// index lists but the file does not hold was left out on purpose by who made it.
func (c *contents) variants(all []variant, index v1.IndexManifest, name string, depth int) ([]variant, error) {
	for _, about := range index.Manifests {
		raw, there := c.small[blob(about.Digest)]
		if about.Annotations[annotationKind] != "" || !there {
			continue
		}
		if len(all) >= maxVariants || depth > maxNesting {
			return nil, errors.New("index.json lists too many images, or indexes in indexes without end")
		}
		own := name
		if given := nameIn(about.Annotations); given != "" {
			own = given
		}
		var nested v1.IndexManifest
		if err := json.Unmarshal(raw, &nested); err == nil && len(nested.Manifests) > 0 {
			if all, err = c.variants(all, nested, own, depth+1); err != nil {
				return nil, err
			}
			continue
		}
		v := variant{name: own, about: about}
		if err := json.Unmarshal(raw, &v.manifest); err != nil {
			return nil, fmt.Errorf("the manifest %s cannot be read: %v", about.Digest, err)
		}
		v.platform = c.platformOf(v)
		all = append(all, v)
	}
	return all, nil
}

func (c *contents) platformOf(v variant) string {
	if v.about.Platform != nil && v.about.Platform.OS != "" {
		return platform(*v.about.Platform)
	}
	var said v1.Platform // a configuration has the same members
	if err := json.Unmarshal(c.small[blob(v.manifest.Config.Digest)], &said); err != nil {
		return ""
	}
	return platform(said)
}

// choose takes the variant for the server's platform, which is taken for that of its hosts.
func choose(name string, variants []variant) listed {
	wanted := "linux/" + runtime.GOARCH
	fits := func(v variant) bool { return v.platform == wanted || strings.HasPrefix(v.platform, wanted+"/") }
	at := 0
	if len(variants) > 1 {
		at = slices.IndexFunc(variants, fits)
	}
	one := listed{}
	if name != "" {
		one.tags = []string{name}
	}
	if at < 0 {
		var there []string
		for _, v := range variants {
			there = append(there, v.platform)
		}
		slices.Sort(there)
		one.fault = fmt.Sprintf("%s is in the file for %s, not for %s: save it for that platform",
			name, strings.Join(slices.Compact(there), " and "), wanted)
		return one
	}
	manifest := variants[at].manifest
	one.config, one.digest = blob(manifest.Config.Digest), manifest.Config.Digest.String()
	for _, layer := range manifest.Layers {
		one.layers = append(one.layers, blob(layer.Digest))
	}
	return one
}

// nameIn returns the image's name; a tag alone is none.
func nameIn(annotations map[string]string) string {
	if name := annotations[annotationName]; name != "" {
		return name
	}
	if ref := annotations[annotationRef]; strings.ContainsAny(ref, ":/") {
		return ref
	}
	return ""
}

func blob(digest v1.Hash) string { return "blobs/" + digest.Algorithm + "/" + digest.Hex }

// platform is os/architecture[/variant], empty when the image does not say.
func platform(p v1.Platform) string {
	if p.OS == "" || p.Architecture == "" {
		return ""
	}
	return strings.TrimSuffix(p.OS+"/"+p.Architecture+"/"+p.Variant, "/")
}
