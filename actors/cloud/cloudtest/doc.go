// Package cloudtest is what every cloud must do, as tests that run against any:
// a cloud's own tests call Run with it.
package cloudtest
