// Package userdata writes the cloud-init user-data that turns a plain image of
// Debian, Ubuntu or the RHEL family into a notebook host: the distribution's
// Docker engine, behind mutual TLS, with its data on the data volume and its
// containers kept off the metadata service, the pool's network and the engine.
package userdata
