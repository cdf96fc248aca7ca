package cloudtest

import (
	"context"
	"errors"
	"net/netip"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

// Cloud is the ports of the actors, declared again because tests of adapters may
// not know the actors.
type Cloud interface {
	Kind() string
	MaxHosts() int
	Build(ctx context.Context, host pool.Host, note func(pool.CloudResources) error) (pool.Machine, error)
	Release(ctx context.Context, host pool.Host) error
	Check(ctx context.Context, plan pool.HostPlan, field string) error
	Tend(ctx context.Context, host pool.Host) error
	Things(ctx context.Context) ([]pool.Thing, error)
	Console(ctx context.Context, host pool.Host, lines int) (text string, missing pool.ConsoleMissing, err error)
}

// cancelLimit is how long a call may take to notice that its context has ended.
const cancelLimit = 5 * time.Second

// Run runs the suite. fresh makes a cloud that holds nothing yet and says which
// host to build in it; it is called once a story.
func Run(t *testing.T, fresh func(t *testing.T) (Cloud, pool.Host)) {
	for _, story := range []struct {
		name string
		tell func(t *testing.T, cloud Cloud, host pool.Host)
	}{
		{"it has a name and a sensible bound", knowsItself},
		{"a built host can be reached and has room", buildsUsableHost},
		{"a build that is repeated finds what the first one made", buildsOnce},
		{"ids are noted before the build returns", notesIDs},
		{"a build whose ids cannot be stored fails", failsUnnoted},
		{"a release can be repeated", releasesTwice},
		{"a release of what was never built is success", releasesNothing},
		{"a released host can be built again", buildsAgain},
		{"a cancelled build gives up", cancelsBuild},
		{"a cancelled release gives up", cancelsRelease},
		{"a plan that can be built is right in every field", checksPlan},
		{"a host that nobody touched is tended in peace", tendsInPeace},
		{"a host whose machine is gone is lost, and tending makes none", findsLost},
		{"what was made is listed until it is released", listsThings},
		{"a machine's console can be read, and only its end", readsConsole},
		{"what has no machine has no console, and that is no error", missesConsole},
		{"a cancelled look at a console gives up", cancelsConsole},
		{"builds and releases may come at once", survivesCrowd},
	} {
		t.Run(story.name, func(t *testing.T) {
			cloud, host := fresh(t)
			require.NotEmpty(t, host.Name, "the host must have a name: it is what calls are repeated by")
			story.tell(t, cloud, host)
		})
	}
}

// notebook remembers what a cloud notes.
type notebook struct {
	mu    sync.Mutex
	noted []pool.CloudResources
	fault error
}

func (n *notebook) note(r pool.CloudResources) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.noted = append(n.noted, r)
	return n.fault
}

func build(t *testing.T, cloud Cloud, host pool.Host) (pool.Machine, *notebook) {
	t.Helper()
	kept := &notebook{}
	machine, err := cloud.Build(t.Context(), host, kept.note)
	require.NoError(t, err)
	return machine, kept
}

func knowsItself(t *testing.T, cloud Cloud, _ pool.Host) {
	require.Contains(t, []string{"local", "emulator", "openstack"}, cloud.Kind())
	require.GreaterOrEqual(t, cloud.MaxHosts(), 0)
}

func buildsUsableHost(t *testing.T, cloud Cloud, host pool.Host) {
	machine, _ := build(t, cloud, host)
	require.GreaterOrEqual(t, machine.Slots, 1)
	require.Regexp(t, `^(unix|tcp)://`, machine.Endpoint.URL)
	address, err := netip.ParseAddr(machine.Endpoint.Address)
	require.NoError(t, err)
	require.False(t, address.IsUnspecified(), "ports must not be published on every address")
}

func buildsOnce(t *testing.T, cloud Cloud, host pool.Host) {
	first, _ := build(t, cloud, host)
	second, _ := build(t, cloud, host)
	require.Equal(t, first, second)
}

func notesIDs(t *testing.T, cloud Cloud, host pool.Host) {
	machine, kept := build(t, cloud, host)
	if hasNothing(machine.Resources) {
		require.Empty(t, kept.noted, "nothing was made, so there is nothing to note")
		return
	}
	require.NotEmpty(t, kept.noted)
	require.Equal(t, machine.Resources, kept.noted[len(kept.noted)-1])
}

func failsUnnoted(t *testing.T, cloud Cloud, host pool.Host) {
	full := &notebook{fault: errors.New("the disk is full")}
	_, err := cloud.Build(t.Context(), host, full.note)
	if len(full.noted) == 0 {
		require.NoError(t, err)
		return
	}
	require.ErrorContains(t, err, "the disk is full")
	require.NoError(t, cloud.Release(t.Context(), host), "what was made all the same must be releasable by name")
}

func hasNothing(r pool.CloudResources) bool {
	return reflect.DeepEqual(r, pool.CloudResources{})
}

func releasesTwice(t *testing.T, cloud Cloud, host pool.Host) {
	machine, _ := build(t, cloud, host)
	host.Cloud, host.Endpoint = machine.Resources, machine.Endpoint
	require.NoError(t, cloud.Release(t.Context(), host))
	require.NoError(t, cloud.Release(t.Context(), host))
}

func releasesNothing(t *testing.T, cloud Cloud, host pool.Host) {
	require.NoError(t, cloud.Release(t.Context(), host))
}

func buildsAgain(t *testing.T, cloud Cloud, host pool.Host) {
	build(t, cloud, host)
	require.NoError(t, cloud.Release(t.Context(), host))
	build(t, cloud, host)
}

func cancelsBuild(t *testing.T, cloud Cloud, host pool.Host) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	begun := time.Now()
	_, err := cloud.Build(ctx, host, (&notebook{}).note)
	require.ErrorIs(t, err, context.Canceled)
	require.Less(t, time.Since(begun), cancelLimit)
	build(t, cloud, host)
}

func cancelsRelease(t *testing.T, cloud Cloud, host pool.Host) {
	build(t, cloud, host)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	begun := time.Now()
	require.ErrorIs(t, cloud.Release(ctx, host), context.Canceled)
	require.Less(t, time.Since(begun), cancelLimit)
	require.NoError(t, cloud.Release(t.Context(), host))
}

func survivesCrowd(t *testing.T, cloud Cloud, host pool.Host) {
	var crowd sync.WaitGroup
	for range 4 {
		crowd.Go(func() { _, _ = cloud.Build(t.Context(), host, (&notebook{}).note) })
		crowd.Go(func() { _ = cloud.Release(t.Context(), host) })
	}
	crowd.Wait()
	require.NoError(t, cloud.Release(t.Context(), host))
	build(t, cloud, host)
}
