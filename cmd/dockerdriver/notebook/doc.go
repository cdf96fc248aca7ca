// Package notebook is the small web notebook inside the demo image: what
// `dockerdriver notebook` serves from a container that holds this binary and
// nothing else. A person meets a friendly page with cells, files and a clock;
// a proxy in front of it meets everything that proxies get wrong: websockets with
// a strict Origin check, server-sent events, redirects with relative and absolute
// Locations, scoped cookies, uploads and downloads of any size, ranges, slow and
// chunked answers, and a process that ends when asked to.
//
// The notebook trusts whoever reaches it, like the notebooks it stands for: the
// proxy in front is what keeps strangers out.
package notebook
