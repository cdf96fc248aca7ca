package images

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"dockerdriver/actors/pool"
)

// listed is one image as the file lists it.
type listed struct {
	tags   []string
	config string   // name of its entry
	layers []string // names of theirs, bottom up
	digest string   // of the configuration, where the file tells it
	fault  string
}

// archive puts what the file lists and what it holds together.
func (c *contents) archive() (archive, error) {
	all, err := c.listing()
	if err != nil {
		return archive{}, err
	}
	found := archive{images: []pool.Image{}, recipes: map[string]recipe{}}
	named := false
	for _, one := range all {
		image, recipe := c.image(one)
		named = named || len(image.Tags) > 0
		found.images = merge(found.images, image)
		if image.Fault == "" {
			found.recipes[image.ID] = recipe
		}
	}
	if !named {
		return archive{}, errors.New("the file names no image: save it by name and tag, not by id (docker save NAME:TAG)")
	}
	if len(found.images) == 1 && c.manifest != nil {
		for id, recipe := range found.recipes {
			recipe.Whole = recipe.loads()
			found.recipes[id] = recipe
		}
	}
	return found, nil
}

// listing reads manifest.json, which newer engines write beside an OCI layout too.
func (c *contents) listing() ([]listed, error) {
	if c.manifest == nil && c.layout {
		return c.layoutListing()
	}
	if c.manifest == nil {
		return nil, errors.New("the file has no manifest.json, so it holds no image: make it with docker save, not docker export")
	}
	var manifest tarball.Manifest
	if err := json.Unmarshal(c.manifest, &manifest); err != nil {
		return nil, fmt.Errorf("manifest.json cannot be read: %v", err)
	}
	all := []listed{}
	for _, entry := range manifest {
		all = append(all, listed{tags: entry.RepoTags, config: entry.Config, layers: entry.Layers})
	}
	return all, nil
}

// merge adds image, or only its names where the file lists the same image twice.
func merge(images []pool.Image, image pool.Image) []pool.Image {
	for i := range images {
		if image.ID != "" && images[i].ID == image.ID {
			images[i].Tags = append(images[i].Tags, image.Tags...)
			slices.Sort(images[i].Tags)
			images[i].Tags = slices.Compact(images[i].Tags)
			return images
		}
	}
	return append(images, image)
}

// image tells one image; what is wrong with it is its Fault.
func (c *contents) image(one listed) (pool.Image, recipe) {
	image := pool.Image{Tags: []string{}, Layers: []string{}, Ports: []int{}}
	for _, tag := range one.tags {
		if _, err := name.NewTag(tag, name.WeakValidation); err != nil {
			image.Fault = fmt.Sprintf("the name %q is no image name: %v", tag, err)
			return image, recipe{}
		}
		image.Tags = append(image.Tags, pool.NormalizeRef(tag))
	}
	slices.Sort(image.Tags)
	image.Tags = slices.Compact(image.Tags)
	if len(image.Tags) == 0 {
		image.Fault = "one image in the file has no name: save it by name and tag"
		return image, recipe{}
	}
	config, parts, err := c.parts(one)
	if err != nil {
		image.Fault = err.Error()
		return image, recipe{}
	}
	made := recipe{Packed: c.packed, Config: c.small[path.Clean(one.config)], Layers: parts}
	image.ID = "sha256:" + made.configHex()
	image.Created = config.Created.UTC()
	image.Platform = platform(v1.Platform{OS: config.OS, Architecture: config.Architecture, Variant: config.Variant})
	image.Ports = tcpPorts(config.Config.ExposedPorts)
	for _, part := range parts {
		image.Layers = append(image.Layers, part.DiffID)
		image.Unpacked += part.Unpacked
	}
	return image, made
}

// parts finds the configuration and the layers that the file speaks of, and holds
// them against the digests, as the engine will.
func (c *contents) parts(one listed) (*v1.ConfigFile, []part, error) {
	if one.fault != "" {
		return nil, nil, errors.New(one.fault)
	}
	of := one.tags[0]
	raw, found := c.small[path.Clean(one.config)]
	if !found {
		return nil, nil, fmt.Errorf("the configuration %q of %s is not in the file", one.config, of)
	}
	if sum := sha256.Sum256(raw); one.digest != "" && one.digest != "sha256:"+hex.EncodeToString(sum[:]) {
		return nil, nil, fmt.Errorf("the configuration of %s is not the one that the file's manifest speaks of: the file is damaged", of)
	}
	var config v1.ConfigFile
	if err := json.Unmarshal(raw, &config); err != nil {
		return nil, nil, fmt.Errorf("the configuration of %s cannot be read: %v", of, err)
	}
	if len(config.RootFS.DiffIDs) != len(one.layers) {
		return nil, nil, fmt.Errorf("the configuration of %s speaks of %d layers, the manifest of %d",
			of, len(config.RootFS.DiffIDs), len(one.layers))
	}
	parts := []part{}
	for i, layer := range one.layers {
		item, found := c.resolve(layer)
		switch wanted := config.RootFS.DiffIDs[i].String(); {
		case !found:
			return nil, nil, fmt.Errorf("the layer %q of %s is not in the file", layer, of)
		case item.fault != "":
			return nil, nil, fmt.Errorf("the layer %q of %s is damaged: %s", layer, of, item.fault)
		case item.digest != wanted:
			return nil, nil, fmt.Errorf("the layer %q of %s is not the one that its configuration speaks of: the file is damaged", layer, of)
		default:
			parts = append(parts, part{At: item.at, Size: item.size, Packed: item.packed, Unpacked: item.bytes, DiffID: wanted})
		}
	}
	return &config, parts, nil
}

// tcpPorts reads the keys of ExposedPorts, such as 8787/tcp; a bare number is TCP.
func tcpPorts(exposed map[string]struct{}) []int {
	ports := []int{}
	for key := range exposed {
		number, protocol, _ := strings.Cut(key, "/")
		port, err := strconv.ParseUint(number, 10, 16)
		if err == nil && port > 0 && (protocol == "" || protocol == "tcp") {
			ports = append(ports, int(port))
		}
	}
	slices.Sort(ports)
	return ports
}
