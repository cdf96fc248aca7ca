package pool_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"dockerdriver/actors/pool"
)

func TestParseMemory(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int64{"512m": 512 << 20, "512M": 512 << 20, "2g": 2 << 30, "2gb": 2 << 30, "": pool.DefaultMemoryB, " 64m ": 64 << 20, "16777216": 16 << 20} {
		got, err := pool.ParseMemory(in)
		require.NoError(t, err, in)
		require.Equal(t, want, got, in)
	}
	for _, in := range []string{"abc", "-1m", "1.5g", "512 m", "1", "2t", "99999999999999999999g", "m"} {
		_, err := pool.ParseMemory(in)
		requireInvalid(t, err, "config.memory_limit", in)
	}
}

func TestParseLifetime(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]time.Duration{
		"10m": 10 * time.Minute, "1h 0m": time.Hour, "2d 3h": 51 * time.Hour, "2d3h": 51 * time.Hour,
		"0m": 0, "": pool.DefaultLifetime, "90m": 90 * time.Minute,
	} {
		got, err := pool.ParseLifetime(in)
		require.NoError(t, err, in)
		require.Equal(t, want, got, in)
	}
	for _, in := range []string{"5x", "3h 2d", "-1h", "1.5h", "h"} {
		_, err := pool.ParseLifetime(in)
		requireInvalid(t, err, "config.maximum_lifetime", in)
		require.ErrorContains(t, err, "not a duration", in)
	}
	for _, in := range []string{"9999d", "366d", "99999999h", "364d 99h", "99999999999999999999999m"} {
		_, err := pool.ParseLifetime(in)
		requireInvalid(t, err, "config.maximum_lifetime", in)
		require.ErrorContains(t, err, "too long", in)
	}
}

func TestParseEnvironment(t *testing.T) {
	t.Parallel()
	got, err := pool.ParseEnvironment(`A=1  B='two words' C="x=y" D= E=a\ b`)
	require.NoError(t, err)
	require.Equal(t, []string{"A=1", "B=two words", "C=x=y", "D=", "E=a b"}, got)
	for _, in := range []string{"FOO", "1A=b", "=x", "A='open", `A=\`, "A=1 B=2 A=2"} {
		_, err := pool.ParseEnvironment(in)
		requireInvalid(t, err, "config.environment_vars", in)
	}
	_, err = pool.ParseEnvironment("A=1 LONG_NAME=1 LONG_NAME=2")
	require.ErrorContains(t, err, "LONG_NAME", "the variable is named")
}

func TestSplitCommandGivesBackWhatWasQuoted(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOf(rapid.StringMatching(`[ -&(-~]{1,12}`)).Draw(t, "words") // anything but a single quote
		quoted := make([]string, len(words))
		for i, w := range words {
			quoted[i] = "'" + w + "'"
		}
		got, err := pool.SplitCommand(strings.Join(quoted, " "))
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(words) {
			t.Fatalf("%d words became %d", len(words), len(got))
		}
		for i := range words {
			if got[i] != words[i] {
				t.Fatalf("%q became %q", words[i], got[i])
			}
		}
	})
}

func TestBlueprintIsRefusedWithTheField(t *testing.T) {
	t.Parallel()
	good := func() pool.Blueprint {
		return pool.Blueprint{Name: "RStudio", Plugin: pool.PluginDocker, Config: pool.Config{DockerImage: "rocker/rstudio", InternalPort: 8787}}
	}
	require.NoError(t, good().Validate())
	for field, spoil := range map[string]func(*pool.Blueprint){
		"name":                              func(b *pool.Blueprint) { b.Name = " " },
		"description":                       func(b *pool.Blueprint) { b.Description = strings.Repeat("x", 5000) },
		"plugin":                            func(b *pool.Blueprint) { b.Plugin = "DummyDriver" },
		"config.docker_image":               func(b *pool.Blueprint) { b.Config.DockerImage = "" },
		"config.internal_port":              func(b *pool.Blueprint) { b.Config.InternalPort = 70000 },
		"config.cpu_limit":                  func(b *pool.Blueprint) { b.Config.CPULimit = -1 },
		"config.pids_limit":                 func(b *pool.Blueprint) { b.Config.PidsLimit = 1 },
		"config.capabilities":               func(b *pool.Blueprint) { b.Config.Capabilities = []string{"SYS_ADMIN"} },
		"config.consumed_slots":             func(b *pool.Blueprint) { b.Config.ConsumedSlots = -1 },
		"config.maximum_instances_per_user": func(b *pool.Blueprint) { b.Config.MaximumInstancesPerUser = 1000 },
		"config.cost_multiplier":            func(b *pool.Blueprint) { b.Config.CostMultiplier = -0.5 },
	} {
		b := good()
		spoil(&b)
		requireInvalid(t, b.Validate(), field, field)
	}
}

func TestImagesAreNamedAsDockerNamesThem(t *testing.T) {
	t.Parallel()
	named := func(image string) error {
		_, err := pool.Config{DockerImage: image, InternalPort: 80}.Parse()
		return err
	}
	digest := "sha256:" + strings.Repeat("0af3", 16)
	for _, image := range []string{
		"alpine", "rocker/rstudio", "rocker/rstudio:4.4", "a/b/c_d/e__f/g--h.i:V1_x.y-z", "docker.io/library/alpine:3",
		"localhost/x", "localhost:5000/x:1", "registry:5000/x", "Registry.Example.org/team/x", "[::1]:5000/x:latest",
		digest, "alpine@" + digest, "alpine:3@" + digest, "alpine:" + strings.Repeat("t", 128),
	} {
		require.NoError(t, named(image), image)
	}
	for image, why := range map[string]string{
		"":                                   "No image",
		" ":                                  "No image",
		"Rocker/RStudio":                     "lower case",
		"two words":                          "parts",
		" alpine":                            "parts",
		"alpine\n":                           "parts",
		"https://hub.docker.com/x":           "parts",
		"/alpine":                            "parts",
		"a//b":                               "parts",
		"a..b":                               "parts",
		"-a":                                 "parts",
		"a___b":                              "parts",
		"registry:port/x":                    "parts",
		":5000":                              "parts",
		"alpine:":                            "tag",
		"alpine:-1":                          "tag",
		"alpine:a b":                         "tag",
		"alpine:" + strings.Repeat("t", 129): "tag",
		"alpine@sha256:abc":                  "@",
		"alpine@":                            "@",
		strings.Repeat("x", 256):             "255",
	} {
		err := named(image)
		requireInvalid(t, err, "config.docker_image", image)
		require.ErrorContains(t, err, why, image)
	}
}

func TestDefaultsAreWhatTakesEffect(t *testing.T) {
	t.Parallel()
	written := pool.Config{DockerImage: "a", InternalPort: 80}
	bare, err := written.Parse()
	require.NoError(t, err)
	full, err := written.WithDefaults().Parse()
	require.NoError(t, err)
	require.Equal(t, full, bare)
	require.EqualValues(t, pool.DefaultMemoryB, bare.MemoryB)
	require.Equal(t, pool.DefaultLifetime, bare.Lifetime)
	require.Equal(t, written.MaximumPerUser(), written.WithDefaults().MaximumInstancesPerUser)
}

func TestVariablesTakeWhatTheyMean(t *testing.T) {
	t.Parallel()
	shutdown, _ := pool.FindDefinition(pool.VarShutdownMode)
	for in, want := range map[string]string{"true": "True", "FALSE": "False", "1": "True", "no": "False", "Yes": "True"} {
		got, err := shutdown.Canonical(in)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	_, err := shutdown.Canonical("maybe")
	requireInvalid(t, err, "value", "maybe")
	require.True(t, pool.SettingsOf(nil).ShutdownMode, "a fresh install is in shutdown mode")
	require.False(t, pool.SettingsOf(map[string]pool.Variable{pool.VarShutdownMode: {Value: "False"}}).ShutdownMode,
		"the string False is not true")
	require.True(t, pool.SettingsOf(map[string]pool.Variable{pool.VarPluginWhitelist: {Value: ""}}).Enables("anything"), "empty means all")
	require.False(t, pool.SettingsOf(map[string]pool.Variable{pool.VarPluginWhitelist: {Value: "dockerdriver"}}).Enables(pool.PluginDocker), "case matters")
	for _, d := range pool.Definitions {
		got, err := d.Canonical(d.Default)
		require.NoError(t, err, d.Key)
		require.Equal(t, d.Default, got, "defaults are canonical")
	}
}

func TestSitesPartOfUserDataHasAKind(t *testing.T) {
	t.Parallel()
	extra, _ := pool.FindDefinition(pool.VarHostUserDataExtra)
	for _, value := range []string{"", "#!/bin/sh\ntrue", "#cloud-config", "#cloud-config\r\npackages: [htop]"} {
		got, err := extra.Canonical(value)
		require.NoError(t, err, value)
		require.Equal(t, value, got)
	}
	for _, value := range []string{"packages: [htop]", "#cloud-configuration\n", "# a remark\n#!/bin/sh"} {
		_, err := extra.Canonical(value)
		requireInvalid(t, err, "value", pool.VarHostUserDataExtra)
	}
}

func TestStatesMoveOnlyAsDrawn(t *testing.T) {
	t.Parallel()
	require.True(t, pool.InstanceRunning.CanBecome(pool.InstanceDeleting))
	require.False(t, pool.InstanceDeleted.CanBecome(pool.InstanceRunning))
	require.False(t, pool.InstanceQueueing.CanBecome(pool.InstanceRunning))
	require.True(t, pool.HostInactive.CanBecome(pool.HostActive))
	require.False(t, pool.HostRemoved.CanBecome(pool.HostActive))
	for _, s := range []pool.InstanceState{pool.InstanceFailed, pool.InstanceLost, pool.InstanceDeleted} {
		require.False(t, s.Live() || s.HoldsSlots(), s)
	}
}

func TestReferencesMeanTheSameImage(t *testing.T) {
	t.Parallel()
	images := []pool.Image{
		{Tags: []string{"rocker/rstudio:latest"}, Fault: "truncated"},
		{ID: "sha256:1", Tags: []string{"rocker/rstudio:4.4", "registry.example:5000/r:1"}},
	}
	for _, ref := range []string{"docker.io/rocker/rstudio:4.4", "registry.example:5000/r:1", "sha256:1"} {
		_, ok := pool.FindImage(images, ref)
		require.True(t, ok, ref)
	}
	_, ok := pool.FindImage(images, "rocker/rstudio")
	require.False(t, ok, "a faulty file is no image")
}

func requireInvalid(t *testing.T, err error, field, in string) {
	t.Helper()
	refused, ok := errors.AsType[*pool.Error](err)
	require.True(t, ok, "%q must be refused", in)
	require.Equal(t, pool.CodeInvalid, refused.Code)
	require.Equal(t, field, refused.Field)
	require.NotEmpty(t, refused.Hint)
}
