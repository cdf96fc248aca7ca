// Package images is the image directory: the tarballs of `docker save`, plain or
// gzip'ed, that an operator puts there and that are streamed to the hosts as they
// are. What a file holds is read from the file, never guessed from its name.
//
// It also writes the one image that needs no Docker engine to be made: the demo
// notebook, this very binary FROM scratch.
package images
