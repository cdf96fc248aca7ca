package web

import (
	"net/http"
	"strings"
)

// protect sets the headers that keep the UI's pages to themselves. Scripts come
// from files only. The UI's component library writes <style> elements, which
// must carry the response's nonce (empty: none may), and style attributes.
func protect(h http.Header, nonce string) {
	styles := "style-src 'self'"
	if nonce != "" {
		styles += " 'nonce-" + nonce + "'"
	}
	h.Set("Content-Security-Policy", strings.Join([]string{
		"default-src 'none'",
		"script-src 'self'",
		styles,
		"style-src-attr 'unsafe-inline'",
		"img-src 'self' data:",
		"connect-src 'self'",
		"font-src 'self'",
		"manifest-src 'self'",
		"base-uri 'none'",
		"form-action 'self'",
		"frame-ancestors 'none'",
	}, "; "))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
}

// unbuilt is served when the binary was compiled without the UI.
const unbuilt = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>DockerDriver: the web UI is not built</title>
<style nonce="` + nonceMark + `">
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem }
</style>
</head>
<body>
<h1>The web UI is not built</h1>
<p>This server was compiled without its web UI. The API under <code>/api/v1</code> and the command line work.</p>
<p>To get the UI, run <code>make ui</code> in the sources (it needs Node 20 or newer), then compile and start the
server again. <code>make run</code> does all of it.</p>
</body>
</html>
`
