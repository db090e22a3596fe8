// Package serve shows stored runs in a browser: a list with filters, the report of each
// run, the comparison of two, and histories (package page makes the pages).
//
// It only reads. Every request looks at the folders anew; what was read and drawn is
// kept until a file of the run changes. Only runs that record.Find lists are served, and
// of these only the files that a run consists of, so that no address leads elsewhere. A
// folder that is damaged has an error page of its own, and all others stay usable.
//
// The pages need no script and forbid every request to elsewhere (page.Policy). Unless
// remote use is allowed, a request must name a loopback address as its host, so that no
// web page can reach the server through a name of its own.
package serve
