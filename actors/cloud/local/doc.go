// Package local is the cloud that makes no machines: the Docker engine of this
// machine, or an emulated one, is its one host.
package local
