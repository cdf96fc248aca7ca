package httpapi

import (
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

func names(form []formField) []string {
	out := []string{}
	for _, f := range form {
		out = append(out, f.Name)
	}
	return out
}

func jsonNames(t reflect.Type) []string {
	out := []string{}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		out = append(out, name)
	}
	return out
}

func TestFormHasEveryFieldOfTheConfig(t *testing.T) {
	t.Parallel()
	require.ElementsMatch(t, jsonNames(reflect.TypeFor[pool.Config]()), names(dockerForm))
	require.ElementsMatch(t, jsonNames(reflect.TypeFor[pool.ProxyOptions]()), names(proxyForm))
	for _, f := range append(append([]formField{}, dockerForm...), proxyForm...) {
		require.NotEmpty(t, f.Title, f.Name)
		require.NotEmpty(t, f.Help, f.Name)
	}
}

func TestDefaultsOfTheFormAreAConfigThatWorks(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal(dockerPlugin([]string{"a/b:latest"}).Defaults)
	require.NoError(t, err)
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	decoder.DisallowUnknownFields()
	var c pool.Config
	require.NoError(t, decoder.Decode(&c))
	spec, err := c.Parse()
	require.NoError(t, err)
	bare, err := pool.Config{DockerImage: "a/b:latest", InternalPort: 8787}.Parse()
	require.NoError(t, err)
	bare.Capabilities = spec.Capabilities
	require.Equal(t, bare, spec, "what the form shows is what leaving it out means")
}

func TestFormPatternsRefuseWhatTheParserRefuses(t *testing.T) {
	t.Parallel()
	pattern := func(name string) *regexp.Regexp {
		for _, f := range dockerForm {
			if f.Name == name {
				return regexp.MustCompile(f.Rules["pattern"].(string))
			}
		}
		return nil
	}
	for _, s := range []string{"512m", "2g", "2GB", " 1t ", "99999999", "abc", "1x", "m", "1.5g"} {
		_, err := pool.ParseMemory(s)
		require.Equal(t, err == nil, pattern("memory_limit").MatchString(s), s)
	}
	for _, s := range []string{"1h 0m", "10m", "2d 3h", "1d2h3m", "0m", "", " 5h ", "0000010m", "5x", "3h 2d", "1h -1m"} {
		_, err := pool.ParseLifetime(s)
		require.Equal(t, err == nil, pattern("maximum_lifetime").MatchString(s), s)
	}
}

func TestImagesThatExistAreOffered(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	p := s.as("ann").do("GET", "/api/v1/plugins", "").ok(t, 200).items()[0]
	require.Equal(t, "DockerDriver", p["name"])
	schema := p["schema"].(map[string]any)
	image := schema["properties"].(map[string]any)["docker_image"].(map[string]any)
	require.Equal(t, []any{"dockerdriver/demo-notebook:latest"}, image["examples"])
	require.Equal(t, "dockerdriver/demo-notebook:latest", p["defaults"].(map[string]any)["docker_image"])
	require.NotContains(t, dockerPlugin(nil).Defaults, "docker_image")
}
