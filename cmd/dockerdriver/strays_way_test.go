package main

import (
	"net/http"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/gophercloud/gophercloud/v2/openstack"
	"github.com/gophercloud/gophercloud/v2/openstack/blockstorage/v3/volumes"
	cloudconfig "github.com/gophercloud/gophercloud/v2/openstack/config"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/emulator"
)

// strayVolume makes a volume in the cloud, beside the server, and returns its id.
func strayVolume(t *testing.T, there *emulator.Emulator, name string, mark map[string]string) string {
	t.Helper()
	credentials := emulatedCredentials(there.AuthURL())
	provider, err := cloudconfig.NewProviderClient(t.Context(), credentials.Auth)
	require.NoError(t, err)
	cinder, err := openstack.NewBlockStorageV3(provider, credentials.Endpoint)
	require.NoError(t, err)
	made, err := volumes.Create(t.Context(), cinder, volumes.CreateOpts{Name: name, Size: 1, Metadata: mark}, nil).Extract()
	require.NoError(t, err)
	return made.ID
}

// TestHostLogAndStraysTheWholeWay reads what a machine wrote and releases what a
// person left behind, through the API, on an emulated OpenStack.
func TestHostLogAndStraysTheWholeWay(t *testing.T) {
	t.Parallel()
	there := quickCloud(t)
	s := newSite(t, nil, "--cloud", "emulator", "--emulator-url", there.AuthURL())
	h := s.awaitHostState("active")
	status, log := s.call(s.browser, http.MethodGet, "/hosts/"+h["id"].(string)+"/log", nil)
	require.Equal(t, http.StatusOK, status, log)
	console := log["console"].(map[string]any)
	require.Contains(t, console["lines"], h["name"].(string)+" login: ", "%v", console)

	installation := there.Cloud().Servers()[0].Metadata["pb_installation"]
	require.NotEmpty(t, installation)
	ours := strayVolume(t, there, "pb_dd_old-data", map[string]string{"pb_installation": installation, "pb_host": "gone"})
	others := strayVolume(t, there, "pb_dd_theirs-data", map[string]string{"pb_installation": "another", "pb_host": "gone"})
	s.stop(syscall.SIGKILL) // it looks at the cloud's lists when it starts, and then every few minutes
	s.start()
	s.browser = s.newBrowser()
	s.logIn(s.browser)
	strays := func() (ids []any) {
		_, p := s.call(s.browser, http.MethodGet, "/pool", nil)
		for _, x := range p["strays"].([]any) {
			ids = append(ids, x.(map[string]any)["id"])
		}
		return ids
	}
	require.Eventually(t, func() bool { return slices.Contains(strays(), any(ours)) }, poolPatience, 100*time.Millisecond)
	require.Len(t, strays(), 1)

	for id, code := range map[string]string{others: "NOT_FOUND", h["cloud"].(map[string]any)["server_id"].(string): "NOT_FOUND"} {
		status, told := s.call(s.browser, http.MethodDelete, "/pool/strays/"+id, nil)
		require.Equal(t, http.StatusNotFound, status, told)
		require.Equal(t, code, told["code"])
	}
	status, told := s.call(s.browser, http.MethodDelete, "/pool/strays/"+ours, nil)
	require.Equal(t, http.StatusAccepted, status, told)
	require.Eventually(t, func() bool { return !slices.Contains(cloudHolds(there), ours) }, poolPatience, 100*time.Millisecond)
	require.Empty(t, strays())
	require.Contains(t, cloudHolds(there), others, "another installation's")
	require.Equal(t, "active", s.awaitHostState("active")["state"])
}
