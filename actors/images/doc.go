// Package images is the image directory: the tarballs that an operator puts there,
// of `docker save` or OCI image layouts, plain or packed with gzip or zstd. What a
// file holds is read from the file, never guessed from its name, and held against
// the digests in it.
//
// A file that every engine reads goes to the hosts as it is. What does not — an
// OCI layout, zstd, one image out of several, an image without the layers that a
// host has — is made into a `docker save` tarball while it is sent.
//
// It also writes the one image that needs no Docker engine to be made: the demo
// notebook, this very binary FROM scratch.
package images
