package pool

import (
	"regexp"
	"strings"
)

// The grammar of image references (distribution/reference of the CNCF
// Distribution project): an optional registry, which has a dot or a port or is
// localhost, a path in lower case, an optional tag, an optional digest.
var (
	registryPattern = regexp.MustCompile(`^(localhost|[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)+|[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)*:\d{1,5}|\[[0-9a-fA-F:]+\](:\d{1,5})?)$`)
	pathPattern     = regexp.MustCompile(`^[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*(/[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*)*$`)
	tagPattern      = regexp.MustCompile(`^\w[\w.-]{0,127}$`)
	digestPattern   = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
)

// maxImagePath is the most bytes of a reference without tag and digest.
const maxImagePath = 255

// checkImage tells what is wrong with how an image is named. Whether it exists
// is another question.
func checkImage(ref string) error {
	const field, choose = "config.docker_image", "Choose one of the images in the image directory."
	if strings.TrimSpace(ref) == "" {
		return Invalid(field, "No image is named.", choose)
	}
	if digestPattern.MatchString(ref) {
		return nil
	}
	refuse := func(why string) error {
		return Invalid(field, quote(ref)+" is no image name: "+why+".", "Write it like rocker/rstudio:4.4 or registry.example.org:5000/team/image:1.")
	}
	name, digest, pinned := strings.Cut(ref, "@")
	if pinned && !digestPattern.MatchString(digest) {
		return refuse("after the @ comes sha256: and 64 hexadecimal digits")
	}
	tag, tagged := "", false
	if colon := strings.LastIndexByte(name, ':'); colon > strings.LastIndexByte(name, '/') {
		name, tag, tagged = name[:colon], name[colon+1:], true
	}
	path := name
	if registry, rest, found := strings.Cut(name, "/"); found && registryPattern.MatchString(registry) {
		path = rest
	}
	switch {
	case len(name) > maxImagePath:
		return refuse("it is longer than 255 bytes")
	case !pathPattern.MatchString(path) && pathPattern.MatchString(strings.ToLower(path)):
		return refuse("it must be in lower case")
	case !pathPattern.MatchString(path):
		return refuse("its parts are lower-case letters and digits with single dots, underscores or dashes between them")
	case tagged && !tagPattern.MatchString(tag):
		return refuse("a tag has 1 to 128 letters, digits, dots, underscores and dashes, and begins with a letter, a digit or an underscore")
	}
	return nil
}

var platformPattern = regexp.MustCompile(`^[a-z0-9]+/[a-z0-9_]+(/[a-z0-9.]+)?$`)

// CheckPull tells what is wrong with the name and the platform of an image that is
// to be pulled from a registry. Whether it is there is another question.
func CheckPull(reference, platform string) error {
	if digestPattern.MatchString(reference) {
		return Invalid("reference", "A digest alone does not say in which registry the image is.", "Write it like rocker/rstudio@sha256:….")
	}
	if err := checkImage(reference); err != nil {
		refusal, _ := asError(err)
		return Invalid("reference", refusal.Message, "Write it like rocker/rstudio:4.4 or registry.example.org:5000/team/image:1.")
	}
	switch os, _, _ := strings.Cut(platform, "/"); {
	case !platformPattern.MatchString(platform):
		return Invalid("platform", quote(platform)+" is no platform.", "Write it like linux/amd64 or linux/arm64.")
	case os != "linux":
		return Invalid("platform", "Notebook hosts run Linux: an image for "+os+" could not start there.", "Write it like linux/amd64 or linux/arm64.")
	}
	return nil
}

// NormalizeRef makes two ways of writing one image name equal: docker.io/ and
// library/ are dropped, a missing tag is latest.
func NormalizeRef(ref string) string {
	ref = strings.TrimPrefix(ref, "docker.io/")
	ref = strings.TrimPrefix(ref, "index.docker.io/")
	ref = strings.TrimPrefix(ref, "library/")
	if strings.Contains(ref, "@") {
		return ref
	}
	if slash := strings.LastIndexByte(ref, '/'); !strings.Contains(ref[slash+1:], ":") {
		ref += ":latest"
	}
	return ref
}
