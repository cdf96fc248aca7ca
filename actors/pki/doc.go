// Package pki is the installation's certificate authority: one key and one
// certificate in the data directory, made at the first start and kept.
//
// It signs the certificates of notebook names, on demand and in memory; those of
// notebook hosts, whose keys go to the host and are kept nowhere else; and the
// server's own client certificate, which hosts ask for. The CA's key never leaves
// the directory; its certificate is what people add to their browser's trust.
//
// A server's certificate is for serverAuth alone and a client's for clientAuth
// alone, so a stolen host key opens no other host and speaks for no other name.
package pki
