package proxy_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
	"dockerdriver/httpapi/proxy"
)

func speech(accepts string) proxy.Speech {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if accepts != "" {
		r.Header.Set("Accept-Language", accepts)
	}
	return proxy.SpeechFor(r)
}

func TestPagesSpeakWhatTheBrowserLikesBest(t *testing.T) {
	t.Parallel()
	for why, c := range map[string]struct{ accepts, lang string }{
		"nothing is asked for":     {"", "en"},
		"the first of ours":        {"fi-FI,fi;q=0.9,en;q=0.8", "fi"},
		"the better of ours":       {"sv, en;q=0.5, fi;q=0.9", "fi"},
		"none of ours":             {"sv-SE, de;q=0.5", "en"},
		"anything":                 {"*", "en"},
		"English before Finnish":   {"en-GB, fi;q=0.5", "en"},
		"what cannot be read":      {"fi;q=nonsense", "en"},
		"a region that nobody has": {"fi-XX", "fi"},
	} {
		require.Equal(t, c.lang, speech(c.accepts).Lang, why)
	}
	require.Equal(t, proxy.Said{Text: "This notebook has ended"}, speech("en").Say("This notebook has ended"))
	require.Equal(t, proxy.Said{Text: "Muistikirja on päättynyt"}, speech("fi").Say("This notebook has ended"))
	require.Equal(t, proxy.Said{Text: "Out of memory: 100 %s.", Lang: "en"}, speech("fi").Say("Out of memory: 100 %s."), "what a container says is told as it is")
}

// TestEveryTextIsThereInEveryLanguage reads the sources: a text that is added is not forgotten.
func TestEveryTextIsThereInEveryLanguage(t *testing.T) {
	t.Parallel()
	texts := append(textsOf(t, "pages.go", "page"), textsOf(t, "../open.go", "notice")...)
	require.GreaterOrEqual(t, len(texts), 40, "nothing is overlooked")
	texts = append(texts, "The notebook cannot be opened now", "Open the notebook", "Launch again", "Back to DockerDriver")
	for _, reason := range []string{pool.EndByOwner, pool.EndByAdmin, pool.EndByLifetime, pool.EndByIdling, pool.EndByShutdown, pool.EndByHost, ""} {
		texts = append(texts, pool.Instance{EndReason: reason, Spec: pool.Spec{IdleTime: 90 * time.Minute}}.WhyEnded())
	}
	for _, text := range texts {
		said := speech("fi").Say(text)
		require.Empty(t, said.Lang, text)
		require.NotEqual(t, text, said.Text)
	}
	require.Equal(t, "Kukaan ei käyttänyt sitä aikaan 1h 30m. Voit käynnistää uuden.", speech("fi").Say("Nobody used it for 1h 30m. You can launch a new one.").Text)
}

// textsOf are the literal Titles and Words of the composite literals of a type.
func textsOf(t *testing.T, file, ofType string) (texts []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	require.NoError(t, err)
	ast.Inspect(parsed, func(n ast.Node) bool {
		made, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		if name, ok := made.Type.(*ast.Ident); !ok || name.Name != ofType {
			return true
		}
		for _, element := range made.Elts {
			field, ok := element.(*ast.KeyValueExpr)
			if !ok {
				continue
			}
			literal, ok := field.Value.(*ast.BasicLit)
			if key := field.Key.(*ast.Ident).Name; !ok || (key != "Title" && key != "Words") {
				continue
			}
			text, err := strconv.Unquote(literal.Value)
			require.NoError(t, err)
			texts = append(texts, text)
		}
		return true
	})
	return texts
}
