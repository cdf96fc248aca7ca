package pool

import "testing"

func TestIdlePathsMatchWhatProgramsPoll(t *testing.T) {
	for name, c := range map[string]struct {
		pattern, path string
		want          bool
	}{
		"RStudio's own long poll":          {"/events/get_events", "/events/get_events", true},
		"a longer path":                    {"/api/status", "/api/status/more", false},
		"a run at the end":                 {"/api/kernels*", "/api/kernels/7f/channels", true},
		"a run that is empty":              {"/api/kernels*", "/api/kernels", true},
		"a run in the middle":              {"/api/*/channels", "/api/kernels/7f/channels", true},
		"a run that has to begin again":    {"*ab", "/aab/ab", true},
		"a run that never ends right":      {"*ab", "/aab/a", false},
		"two runs":                         {"/s*/get_*", "/s/a/b/get_events", true},
		"case matters":                     {"/API", "/api", false},
		"all paths":                        {"*", "/", true},
		"nothing matches an empty pattern": {"", "/", false},
	} {
		t.Run(name, func(t *testing.T) {
			route := Route{IdlePaths: []string{"/never", c.pattern}}
			if got := route.IsIdle(c.path); got != c.want {
				t.Errorf("IsIdle(%q) with %q = %v", c.path, c.pattern, got)
			}
		})
	}
}
