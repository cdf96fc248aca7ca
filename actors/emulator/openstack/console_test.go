package openstack_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servers"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/emulator/openstack"
)

func console(t *testing.T, k *clients, id string, lines int) (string, error) {
	t.Helper()
	return servers.ShowConsoleOutput(t.Context(), k.nova, id, servers.ShowConsoleOutputOpts{Length: lines}).Extract()
}

func TestConsoleOfAServerFromItsCreationToItsEnd(t *testing.T) {
	t.Parallel()
	config, clock := manual()
	_, k := demo(t, config)
	made := boot(t, k, "host")
	_, err := console(t, k, made.ID, 0)
	refused(t, http.StatusConflict, err, "is not ready")
	clock.Advance(time.Minute)
	text, err := console(t, k, made.ID, 0)
	require.NoError(t, err)
	require.Contains(t, text, "[0;32m  OK  [0m] Started", "Nova takes the escape and leaves the rest")
	require.NotContains(t, text, "\x1b")
	require.True(t, strings.HasSuffix(text, "host login: "))
	end, err := console(t, k, made.ID, 3)
	require.NoError(t, err)
	require.Equal(t, "Debian GNU/Linux 12 host ttyS0\n\nhost login: ", end)

	require.NoError(t, servers.Stop(t.Context(), k.nova, made.ID).ExtractErr())
	end, err = console(t, k, made.ID, 1)
	require.NoError(t, err)
	require.Contains(t, end, "Power down", "it can be read while the server is off")
	require.NoError(t, servers.Start(t.Context(), k.nova, made.ID).ExtractErr())
	text, err = console(t, k, made.ID, 0)
	require.NoError(t, err)
	require.Equal(t, 2, strings.Count(text, "Linux version"))

	require.NoError(t, servers.Delete(t.Context(), k.nova, made.ID).ExtractErr())
	clock.Advance(time.Minute)
	_, err = console(t, k, made.ID, 0)
	refused(t, http.StatusNotFound, err, "could not be found")
}

func TestConsoleOfAServerThatNoHypervisorTook(t *testing.T) {
	t.Parallel()
	config, clock := manual()
	cloud, k := demo(t, config)
	require.NoError(t, cloud.Arrange(openstack.Outcome{Build: openstack.Error}))
	made := boot(t, k, "host")
	clock.Advance(time.Minute)
	_, err := console(t, k, made.ID, 0)
	refused(t, http.StatusConflict, err, "is not ready")
}

func TestConsoleLengthThatNovaDoesNotTake(t *testing.T) {
	t.Parallel()
	config, clock := manual()
	_, k := demo(t, config)
	made := boot(t, k, "host")
	clock.Advance(time.Minute)
	for name, c := range map[string]struct {
		asked any
		words string
	}{
		"a word":           {map[string]any{"length": "many"}, "Invalid input for field/attribute length"},
		"less than all":    {map[string]any{"length": -2}, "Invalid input for field/attribute length"},
		"a field too many": {map[string]any{"lines": 1}, "'lines' was unexpected"},
		"no object":        {nil, "is not of type 'object'"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := map[string]any{"os-getConsoleOutput": c.asked}
			answer, err := k.nova.Post(t.Context(), k.nova.ServiceURL("servers", made.ID, "action"), body, nil, &gophercloud.RequestOpts{OkCodes: []int{200}})
			if err == nil {
				require.NoError(t, answer.Body.Close())
			}
			refused(t, http.StatusBadRequest, err, c.words)
		})
	}
	for name, length := range map[string]any{"a number as text": "2", "all": -1, "nothing said": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := map[string]any{"os-getConsoleOutput": map[string]any{"length": length}}
			var said struct{ Output string }
			_, err := k.nova.Post(t.Context(), k.nova.ServiceURL("servers", made.ID, "action"), body, &said, &gophercloud.RequestOpts{OkCodes: []int{200}})
			require.NoError(t, err)
			require.Contains(t, said.Output, "host login: ")
		})
	}
}
