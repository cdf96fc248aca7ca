//go:build openstack

package openstack_test

import (
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTheRealOneDoesTheSame runs the shared cases against the cloud at OS_AUTH_URL, as user demo of project demo.
func TestTheRealOneDoesTheSame(t *testing.T) {
	k, err := dial(t, os.Getenv("OS_AUTH_URL"), "demo", "demo")
	require.NoError(t, err)
	name := "emulator-test-" + strconv.Itoa(os.Getpid())
	t.Run("life", func(t *testing.T) { wholeLife(t, k, name) })
	t.Run("nova refuses", func(t *testing.T) { novaRefuses(t, k) })
	t.Run("others refuse", func(t *testing.T) { othersRefuse(t, k, name+"-group") })
}
