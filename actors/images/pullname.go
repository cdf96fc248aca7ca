package images

import (
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"dockerdriver/actors/pool"
)

// wanted is what a pull is to bring, taken apart.
type wanted struct {
	source   name.Reference // what the registry is asked for
	tag      name.Tag       // what the image is called in the file, as engines write it
	file     string         // in the image directory
	platform v1.Platform
}

// shownDigest is how many digits of a digest make the tag of an image that was
// pulled by digest alone.
const shownDigest = 12

// wantedOf reads a reference as Docker does: docker.io and latest are what is
// meant where nothing is said. An image named by digest alone is tagged
// sha256-<first 12 digits>, as a file must name what it holds.
func wantedOf(reference, platform string) (wanted, error) {
	refuse := func(err error) (wanted, error) {
		return wanted{}, pool.Invalid("reference", fmt.Sprintf("%q is no image in a registry: %v.", reference, err),
			"Write it like rocker/rstudio:4.4 or registry.example.org:5000/team/image:1.")
	}
	source, err := name.ParseReference(reference)
	if err != nil {
		return refuse(err)
	}
	short := pool.NormalizeRef(strings.SplitN(reference, "@", 2)[0])
	base, _, tagged := strings.Cut(reference, "@")
	if digest, pinned := source.(name.Digest); pinned && (!tagged || !strings.Contains(base[strings.LastIndexByte(base, '/')+1:], ":")) {
		hex := strings.TrimPrefix(digest.DigestStr(), "sha256:")
		short = strings.TrimSuffix(short, ":latest") + ":sha256-" + hex[:min(shownDigest, len(hex))]
	}
	tag, err := name.NewTag(short)
	if err != nil {
		return refuse(err)
	}
	target, err := v1.ParsePlatform(platform)
	if err != nil || target.OS == "" || target.Architecture == "" {
		return wanted{}, pool.Invalid("platform", fmt.Sprintf("%q is no platform.", platform), "Write it like linux/amd64 or linux/arm64.")
	}
	return wanted{source: source, tag: tag, file: fileOf(tag), platform: *target}, nil
}

// fileOf names the file of an image, so that no two images share one:
// rocker/rstudio:4.4 is rocker.rstudio.4.4.img, and a name that could be read in
// two ways that way keeps its parts apart with + and =, which no reference has.
func fileOf(tag name.Tag) string {
	path := tag.RepositoryStr()
	if tag.RegistryStr() == name.DefaultRegistry && strings.Count(path, "/") == 1 && !strings.Contains(path, ".") {
		return strings.ReplaceAll(path, "/", ".") + "." + tag.TagStr() + ".img"
	}
	registry := strings.ReplaceAll(tag.RegistryStr(), ":", "=")
	return registry + "+" + strings.ReplaceAll(path, "/", "+") + "=" + tag.TagStr() + ".img"
}
