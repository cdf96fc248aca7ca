package pool

import "strings"

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
