package main

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"unibench/workloads/internal/servertest"
)

// get returns the answer and its body.
func get(t *testing.T, client *http.Client, url string, headers ...string) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, body
}

func newClient(t *testing.T) *http.Client {
	tr := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: 10 * time.Second}
}

func TestDocuments(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	for _, tt := range []struct {
		name, scheme string
		args         []string
		proto        string
	}{
		{"memory", "http", nil, "HTTP/1.1"},
		{"file", "http", []string{"-file", name}, "HTTP/1.1"},
		{"file that is there", "http", []string{"-file", name}, "HTTP/1.1"},
		{"tls", "https", []string{"-tls"}, "HTTP/2.0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			url := tt.scheme + "://" + servertest.Start(t, run, tt.args...)
			client := newClient(t)
			for path, want := range map[string]string{
				"/hello": hello, "/1k": string(content(1024)), "/file": string(content(64 << 10)),
			} {
				res, body := get(t, client, url+path)
				if res.StatusCode != 200 || string(body) != want || res.Proto != tt.proto || res.ContentLength != int64(len(want)) {
					t.Errorf("GET %s = %s %s, %d bytes, want %s 200, %d bytes", path, res.Proto, res.Status, len(body), tt.proto, len(want))
				}
			}
			res, body := get(t, client, url+"/json")
			var m message
			if err := json.Unmarshal(body, &m); err != nil || m.Message != "hello, world!" || len(m.List) != 3 || res.Header.Get("Content-Type") != "application/json" {
				t.Errorf("GET /json = %q, %v", body, err)
			}
			res, body = get(t, client, url+"/file", "Range", "bytes=100-199")
			if res.StatusCode != 206 || !bytes.Equal(body, content(64 << 10)[100:200]) {
				t.Errorf("GET /file, range = %s, %q", res.Status, body)
			}
			if res, _ := get(t, client, url+"/nothing"); res.StatusCode != 404 {
				t.Errorf("GET /nothing = %s", res.Status)
			}
		})
	}
}

func TestContent(t *testing.T) {
	for _, n := range []int{0, 1, 1024, 64 << 10} {
		if got := len(content(n)); got != n {
			t.Errorf("len(content(%d)) = %d", n, got)
		}
	}
	if a, b := string(content(1024)), fmt.Sprintf("line at %08x of %08x\n", 0, 1024); !strings.HasPrefix(a, b) {
		t.Errorf("content starts with %q", a[:30])
	}
}

func TestErrors(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none", "file")
	servertest.Arguments(t, run, servertest.Case{Args: []string{"-addr", "127.0.0.1:0", "-file", missing}, Want: 1})
}

// TestFileGone removes the file under a running server, which must say so and go
// on.
func TestFileGone(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	url := "http://" + servertest.Start(t, run, "-file", name)
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	client := newClient(t)
	if res, _ := get(t, client, url+"/file"); res.StatusCode != 500 {
		t.Errorf("GET /file = %s, want 500", res.Status)
	}
	if res, _ := get(t, client, url+"/hello"); res.StatusCode != 200 {
		t.Errorf("GET /hello = %s, want 200", res.Status)
	}
}
