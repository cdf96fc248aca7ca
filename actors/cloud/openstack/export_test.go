package openstack

import "net/http"

// Around puts a transport between the cloud and its next log-in.
func (c *Cloud) Around(put func(http.RoundTripper) http.RoundTripper) { c.around = put }
