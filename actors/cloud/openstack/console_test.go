package openstack_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	adapter "dockerdriver/actors/cloud/openstack"
	"dockerdriver/actors/emulator/openstack"
	"dockerdriver/actors/pool"
)

// builtHost is a host that the cloud has made.
func builtHost(t *testing.T, cloud *adapter.Cloud) pool.Host {
	t.Helper()
	host := newHost(t, cloud, plan)
	machine, err := cloud.Build(t.Context(), host, noNote)
	require.NoError(t, err)
	host.Cloud = machine.Resources
	return host
}

func TestConsoleTellsHowTheMachineStarted(t *testing.T) {
	t.Parallel()
	there, cloud := emulate(t, nil)
	host := builtHost(t, cloud)
	text, missing, err := cloud.Console(t.Context(), host, 200)
	require.NoError(t, err)
	require.Empty(t, missing)
	shown := pool.NewConsole(text, "").Lines
	require.Contains(t, shown, "Debian GNU/Linux 12 "+host.Name+" ttyS0")
	require.Contains(t, shown, "[  OK  ] Started docker.service - Docker Application Container Engine.", "no colours are left")
	require.NotContains(t, text, string(there.Servers()[0].UserData))
}

func TestConsoleThatTheCloudDoesNotShowIsMissingAndNoError(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		why     string
		fault   openstack.Fault
		missing pool.ConsoleMissing
	}{
		{"the machine is not placed yet", openstack.Fault{Match: "POST /compute/*", Status: http.StatusConflict, Message: "Instance x is not ready"}, pool.ConsoleNotYet},
		{"the hypervisor keeps none", openstack.Fault{Match: "POST /compute/*", Status: http.StatusNotImplemented, Message: "Not supported"}, pool.ConsoleNone},
		{"the guest has none", openstack.Fault{Match: "POST /compute/*", Status: http.StatusNotFound, Message: "Guest does not have a console available."}, pool.ConsoleNone},
		{"nothing was written", openstack.Fault{Match: "POST /compute/*", Status: http.StatusOK, Body: `{"output": ""}`}, pool.ConsoleNotYet},
		{"the machine is gone", openstack.Fault{Match: "GET /compute/v2.1/servers/*", Status: http.StatusNotFound, Message: "Instance x could not be found."}, pool.ConsoleGone},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			there, cloud := emulate(t, nil)
			host := builtHost(t, cloud)
			c.fault.Times = 1
			require.NoError(t, there.Inject(c.fault))
			text, missing, err := cloud.Console(t.Context(), host, 200)
			require.NoError(t, err)
			require.Empty(t, text)
			require.Equal(t, c.missing, missing)
		})
	}
}

func TestConsoleThatCannotBeReadSaysWhyInTheCloudsWords(t *testing.T) {
	t.Parallel()
	there, cloud := emulate(t, nil)
	host := builtHost(t, cloud)
	require.NoError(t, there.Inject(openstack.Fault{Match: "POST /compute/*", Times: 1, Status: http.StatusForbidden, Message: "Policy doesn't allow os-getConsoleOutput"}))
	_, _, err := cloud.Console(t.Context(), host, 200)
	require.ErrorContains(t, err, "Policy doesn't allow os-getConsoleOutput")
	require.NotErrorIs(t, err, context.DeadlineExceeded)
}

func TestConsoleOfAMachineThatIsNotOursIsNotRead(t *testing.T) {
	t.Parallel()
	_, cloud := emulate(t, nil)
	host := builtHost(t, cloud)
	host.ID = "somebody else's"
	_, _, err := cloud.Console(t.Context(), host, 200)
	require.ErrorContains(t, err, "without the mark of this installation and host")
}

func TestConsoleThatIsLateIsAskedForAgainWhileThereIsTime(t *testing.T) {
	t.Parallel()
	there, cloud := emulate(t, nil)
	host := builtHost(t, cloud)
	require.NoError(t, there.Inject(openstack.Fault{Match: "POST /compute/*", Times: 1, Status: http.StatusServiceUnavailable, Message: "busy"}))
	text, missing, err := cloud.Console(t.Context(), host, 200)
	require.NoError(t, err)
	require.Empty(t, missing)
	require.NotEmpty(t, text)
}
