package proxy

import (
	"net/http"
	"regexp"

	"golang.org/x/text/language"
)

// Speech is the language of a page outside of the web UI: the one of ours that the
// browser's Accept-Language likes best. The choice made in the web UI is not known
// here: it stays in the browser, at the UI's own origin.
type Speech struct {
	Lang  string // BCP 47, for the page's lang attribute
	texts catalogue
}

// catalogue says in one language what the code says in English.
type catalogue struct {
	whole map[string]string
	// some are texts with a part that differs; $1 stands for it.
	some []pattern
}

type pattern struct {
	english *regexp.Regexp
	said    string
}

// speeches in the order of tags; the first serves whoever asks for none of them.
var (
	tags     = []language.Tag{language.English, language.Finnish}
	speeches = []Speech{{Lang: "en"}, {Lang: "fi", texts: finnish}}
	matcher  = language.NewMatcher(tags)
)

// SpeechFor finds the language for whoever makes the request.
func SpeechFor(r *http.Request) Speech {
	asked, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil {
		return speeches[0]
	}
	_, index, _ := matcher.Match(asked...)
	return speeches[index]
}

// Said is a text as its reader gets it.
type Said struct {
	Text string
	Lang string // where it is in another language than the page; else empty
}

// Say translates a text. What is in no catalogue, such as the words of a container's
// failure, stays English and says so.
func (s Speech) Say(english string) Said {
	if s.Lang == "en" {
		return Said{Text: english}
	}
	if said, ok := s.texts.whole[english]; ok {
		return Said{Text: said}
	}
	for _, p := range s.texts.some {
		if p.english.MatchString(english) {
			return Said{Text: p.english.ReplaceAllString(english, p.said)}
		}
	}
	return Said{Text: english, Lang: "en"}
}
