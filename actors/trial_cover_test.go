package actors_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Kinds of actors by the type whose methods take their messages. Effects' outcomes and
// timers are taken by every actor that has any.
var kinds = map[string]string{
	"warden": "Warden", "supervisor": "PoolSupervisor", "host": "Host", "instance": "Instance",
	"imagePush": "ImagePush", "imagePull": "ImagePull", "proxy": "Proxy", "feed": "Feed", "effects": "",
}

// noEffect are outcomes and timers that an actor never has, with the reason.
var noEffect = map[point]string{
	{"Warden", "effectDone"}: "it does nothing slow",
	{"Feed", "effectDone"}:   "it does nothing slow",
	{"Feed", "due"}:          "it waits for nothing",
	{"Proxy", "due"}:         "its only timers are retries of writes that failed",
}

// notReceived are types of messages.go that no chapter has an actor receive, with the reason.
var notReceived = map[string]string{
	"answer": "it goes to a Client's future, which is no actor; it is lost on its way instead",
}

// TestChaptersMakeEveryActorReceiveEveryMessage holds that a new message, or one that
// another actor begins to take, is part of a chapter: what no chapter has heard is never
// disturbed.
func TestChaptersMakeEveryActorReceiveEveryMessage(t *testing.T) {
	t.Parallel()
	heard := map[point]bool{}
	received := map[string]bool{}
	for _, points := range listen(t) {
		for _, p := range points {
			message, _, _ := strings.Cut(p.what, " ")
			heard[point{p.where, message}] = true
			received[message] = true
		}
	}
	files := parsed(t)
	taken, missing := 0, []point{}
	for _, p := range takes(files) {
		taken++
		switch {
		case p.where != "":
			if !heard[p] {
				missing = append(missing, p)
			}
		default:
			for _, kind := range kinds {
				if at := (point{kind, p.what}); kind != "" && noEffect[at] == "" && !heard[at] {
					missing = append(missing, at)
				}
			}
		}
	}
	require.Greater(t, taken, 80, "the switches must have been found")
	declared := messages(files["messages.go"])
	require.Greater(t, len(declared), 60)
	for _, name := range declared {
		if notReceived[name] == "" && !received[name] {
			missing = append(missing, point{"anybody", name})
		}
	}
	require.Empty(t, missing, "no chapter has these received")
	for name := range notReceived {
		require.Contains(t, declared, name)
	}
}

func parsed(t *testing.T) map[string]*ast.File {
	t.Helper()
	files := map[string]*ast.File{}
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".go") && !strings.HasSuffix(e.Name(), "_test.go") {
			f, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, 0)
			require.NoError(t, err)
			files[e.Name()] = f
		}
	}
	return files
}

// messages are the types that a file declares.
func messages(f *ast.File) (names []string) {
	ast.Inspect(f, func(n ast.Node) bool {
		if spec, is := n.(*ast.TypeSpec); is {
			names = append(names, spec.Name.Name)
		}
		return true
	})
	return names
}

// takes are the messages of every switch over c.Message().(type), by kind of actor.
func takes(files map[string]*ast.File) (all []point) {
	for _, f := range files {
		for _, d := range f.Decls {
			method, is := d.(*ast.FuncDecl)
			if !is || method.Recv == nil {
				continue
			}
			kind, known := kinds[nameOf(method.Recv.List[0].Type)]
			if !known {
				continue
			}
			ast.Inspect(method, func(n ast.Node) bool {
				if sw, is := n.(*ast.TypeSwitchStmt); is && overMessage(sw) {
					for _, clause := range sw.Body.List {
						for _, typ := range clause.(*ast.CaseClause).List {
							all = append(all, point{kind, nameOf(typ)})
						}
					}
				}
				return true
			})
		}
	}
	slices.SortFunc(all, func(a, b point) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(all)
}

func overMessage(sw *ast.TypeSwitchStmt) bool {
	found := false
	ast.Inspect(sw.Assign, func(n ast.Node) bool {
		if sel, is := n.(*ast.SelectorExpr); is && sel.Sel.Name == "Message" {
			found = true
		}
		return true
	})
	return found
}

func nameOf(typ ast.Expr) string {
	switch typ := typ.(type) {
	case *ast.StarExpr:
		return nameOf(typ.X)
	case *ast.SelectorExpr:
		return nameOf(typ.X) + "." + typ.Sel.Name
	case *ast.Ident:
		return typ.Name
	}
	return ""
}
