// Package pki is the installation's certificate authority: one key and one
// certificate in the data directory, made at the first start and kept.
//
// It signs the certificates of notebook names, on demand and in memory. The CA's
// key never leaves the directory; its certificate is what people add to their
// browser's trust.
package pki
