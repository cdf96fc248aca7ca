// Package openstack is the cloud of notebook hosts on OpenStack: Keystone,
// Nova, Neutron, Cinder and Glance through gophercloud.
//
// Everything is found by the host's name before it is made, and only what
// carries the installation's mark is ever used or removed. So an answer that
// was lost, or a process that was killed, costs a look-up and leaves no orphan.
package openstack
