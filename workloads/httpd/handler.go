package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"strconv"
	"time"
)

const (
	hello     = "hello, world!\n"
	kib       = 1 << 10
	fileBytes = 64 << 10
)

// A message is the answer to /json.
type message struct {
	Message string   `json:"message"`
	Number  int      `json:"number"`
	List    []string `json:"list"`
}

// newHandler serves the documents. The file of the given name is opened for each
// request; without a name its content stays in memory.
func newHandler(file string) (http.Handler, error) {
	if file != "" {
		if err := makeFile(file); err != nil {
			return nil, fmt.Errorf("make the file to serve: %w", err)
		}
	}
	mux := http.NewServeMux()
	mux.Handle("GET /hello", text([]byte(hello)))
	mux.Handle("GET /1k", text(content(kib)))
	mux.HandleFunc("GET /json", serveJSON)
	if file != "" {
		mux.HandleFunc("GET /file", func(w http.ResponseWriter, r *http.Request) { serveFile(w, r, file) })
	} else {
		data, at := content(fileBytes), time.Now()
		mux.HandleFunc("GET /file", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			http.ServeContent(w, r, "", at, bytes.NewReader(data))
		})
	}
	return mux, nil
}

// content returns n bytes of text, whose every line tells its place.
func content(n int) []byte {
	b := make([]byte, 0, n+32)
	for len(b) < n {
		b = fmt.Appendf(b, "line at %08x of %08x\n", len(b), n)
	}
	return b[:n]
}

// text serves a document that never changes.
func text(body []byte) http.HandlerFunc {
	size := strconv.Itoa(len(body))
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Content-Length", size)
		// An error means that the client has gone.
		_, _ = w.Write(body)
	}
}

func serveJSON(w http.ResponseWriter, _ *http.Request) {
	body, err := json.Marshal(message{Message: "hello, world!", Number: 42, List: []string{"a", "b", "c"}})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	// An error means that the client has gone.
	_, _ = w.Write(append(body, '\n'))
}

// serveFile serves from an open file, so that its content need not pass through
// this program.
func serveFile(w http.ResponseWriter, r *http.Request, name string) {
	f, err := os.Open(name)
	if err != nil {
		http.Error(w, "the file cannot be opened", http.StatusInternalServerError)
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		http.Error(w, "the file cannot be read", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	http.ServeContent(w, r, "", info.ModTime(), f)
}

// makeFile makes the file to serve unless there is one.
func makeFile(name string) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = f.Write(content(fileBytes))
	return errors.Join(err, f.Close())
}
