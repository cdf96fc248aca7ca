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

// images puts the manifest and the configurations together.
func (c *contents) images() ([]pool.Image, error) {
	if c.manifest == nil && c.layout {
		return nil, errors.New("the file is an OCI layout without manifest.json: make it with docker save")
	}
	if c.manifest == nil {
		return nil, errors.New("the file has no manifest.json, so it holds no image: make it with docker save, not docker export")
	}
	var manifest tarball.Manifest
	if err := json.Unmarshal(c.manifest, &manifest); err != nil {
		return nil, fmt.Errorf("manifest.json cannot be read: %v", err)
	}
	images := []pool.Image{}
	named := false
	for _, entry := range manifest {
		image := c.image(entry)
		named = named || len(image.Tags) > 0
		images = merge(images, image)
	}
	if !named {
		return nil, errors.New("the file names no image: save it by name and tag, not by id (docker save NAME:TAG)")
	}
	return images, nil
}

// merge adds image, or only its names where the manifest lists the same image twice.
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
func (c *contents) image(entry tarball.Descriptor) pool.Image {
	image := pool.Image{Tags: []string{}, Layers: []string{}, Ports: []int{}}
	for _, tag := range entry.RepoTags {
		if _, err := name.NewTag(tag, name.WeakValidation); err != nil {
			image.Fault = fmt.Sprintf("the name %q is no image name: %v", tag, err)
			return image
		}
		image.Tags = append(image.Tags, pool.NormalizeRef(tag))
	}
	slices.Sort(image.Tags)
	image.Tags = slices.Compact(image.Tags)
	if len(image.Tags) == 0 {
		image.Fault = "one image in the file has no name: save it by name and tag"
		return image
	}
	config, err := c.config(entry)
	if err != nil {
		image.Fault = err.Error()
		return image
	}
	sum := sha256.Sum256(c.small[path.Clean(entry.Config)])
	image.ID = "sha256:" + hex.EncodeToString(sum[:])
	image.Created = config.Created.UTC()
	image.Ports = tcpPorts(config.Config.ExposedPorts)
	for _, id := range config.RootFS.DiffIDs {
		image.Layers = append(image.Layers, id.String())
	}
	return image
}

// config finds the configuration and the layers that the manifest's entry speaks of.
func (c *contents) config(entry tarball.Descriptor) (*v1.ConfigFile, error) {
	raw, found := c.small[path.Clean(entry.Config)]
	if !found {
		return nil, fmt.Errorf("the configuration %q of %s is not in the file", entry.Config, entry.RepoTags[0])
	}
	var config v1.ConfigFile
	if err := json.Unmarshal(raw, &config); err != nil {
		return nil, fmt.Errorf("the configuration of %s cannot be read: %v", entry.RepoTags[0], err)
	}
	if len(config.RootFS.DiffIDs) != len(entry.Layers) {
		return nil, fmt.Errorf("the configuration of %s speaks of %d layers, the manifest of %d",
			entry.RepoTags[0], len(config.RootFS.DiffIDs), len(entry.Layers))
	}
	for _, layer := range entry.Layers {
		if !c.names[path.Clean(layer)] {
			return nil, fmt.Errorf("the layer %q of %s is not in the file", layer, entry.RepoTags[0])
		}
	}
	return &config, nil
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
