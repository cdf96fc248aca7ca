package httpapi

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

var update = flag.Bool("update", false, "write openapi.json anew")

func TestOpenAPIDocumentIsTheCommittedOne(t *testing.T) {
	t.Parallel()
	a := startSite(t).as("").do("GET", "/api/v1/openapi.json", "").ok(t, 200)
	var pretty bytes.Buffer
	require.NoError(t, json.Indent(&pretty, []byte(a.body), "", "  "))
	pretty.WriteByte('\n')
	if *update {
		require.NoError(t, os.WriteFile("openapi.json", pretty.Bytes(), 0o644))
	}
	golden, err := os.ReadFile("openapi.json")
	require.NoError(t, err)
	require.Equal(t, string(golden), pretty.String(), "run go test ./httpapi -run OpenAPI -update, and generate the web UI's client anew")
	require.Equal(t, "3.1.0", a.json["openapi"])
}

func TestRouteTableAndDocumentAgree(t *testing.T) {
	t.Parallel()
	document := startSite(t).as("").do("GET", "/api/v1/openapi.json", "").json
	documented := map[string]string{}
	for path, item := range document["paths"].(map[string]any) {
		for method, op := range item.(map[string]any) {
			operation := op.(map[string]any)
			documented[strings.ToUpper(method)+" "+path] = operation["x-access"].(string)
			require.Equal(t, strings.Count(path, "{"), pathParameters(operation), "%s %s takes what its path names", method, path)
		}
	}
	table := map[string]string{}
	for _, row := range new(server).routes() {
		require.Contains(t, []access{open, user, admin}, row.Access, row.Path)
		if row.Operation != "" {
			table[row.Method+" "+row.Path] = string(row.Access)
		}
	}
	require.Equal(t, table, documented)
}

func TestEveryRouteKeepsItsAccess(t *testing.T) {
	t.Parallel()
	s := startSite(t)
	nobody, user := s.as(""), s.as("bob")
	for _, row := range new(server).routes() {
		if row.Access == open {
			continue
		}
		path := strings.NewReplacer("{id}", "x1", "{key}", "X1", "{digest}", "sha256:x1").Replace(row.Path)
		t.Run("nobody: "+row.Operation, func(t *testing.T) {
			nobody.do(row.Method, path, "").refused(t, 401, pool.CodeUnauthenticated)
		})
		if row.Access == admin {
			t.Run("user: "+row.Operation, func(t *testing.T) {
				user.do(row.Method, path, "").refused(t, 403, pool.CodeForbidden)
			})
		}
	}
}

func pathParameters(operation map[string]any) int {
	count := 0
	parameters, _ := operation["parameters"].([]any)
	for _, p := range parameters {
		if p.(map[string]any)["in"] == "path" {
			count++
		}
	}
	return count
}
