package e2e

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

// client is an HTTP client in the world that takes any certificate.
func (w *world) client(t testing.TB, two bool) *http.Client {
	tr := &http.Transport{
		DialContext: w.DialContext, DisableCompression: true, MaxIdleConnsPerHost: 64,
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: two,
	}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: patience}
}

// get returns an answer and its body. Header fields come in pairs.
func get(t testing.TB, c *http.Client, url string, header ...string) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("GET %s: %v after %d bytes", url, err, len(body))
	}
	return res, body
}

// lines is n bytes of text whose every line tells its place, as httpd serves it.
func lines(n int) []byte {
	var b []byte
	for len(b) < n {
		b = fmt.Appendf(b, "line at %08x of %08x\n", len(b), n)
	}
	return b[:n]
}

// TestHTTP asks every document in every way, over both IPs.
func TestHTTP(t *testing.T) {
	for _, c := range []struct {
		name, scheme string
		args         []string
		proto        string
		files        bool
	}{
		{name: "memory", scheme: "http", proto: "HTTP/1.1"},
		{name: "file", scheme: "http", args: []string{"-file", "/www/file"}, proto: "HTTP/1.1", files: true},
		{name: "tls", scheme: "https", args: []string{"-tls"}, proto: "HTTP/2.0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			start(t)
			b := program(t, workload("httpd"))
			p := plan{args: c.args}
			file := lines(64 << 10)
			if c.files {
				// Larger than any buffer on the way, and not a multiple of them.
				file = lines(5_000_003)
				root := t.TempDir()
				if err := os.Mkdir(filepath.Join(root, "www"), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(root, "www", "file"), file, 0o644); err != nil {
					t.Fatal(err)
				}
				p.flags = []string{"-root", root}
			}
			s := p.serve(t, b)
			client := s.client(t, c.scheme == "https")
			for _, host := range []string{guestIP, "[" + guestIP6 + "]"} {
				url := c.scheme + "://" + host + ":8080"
				for path, want := range map[string][]byte{"/hello": []byte("hello, world!\n"), "/1k": lines(1024), "/file": file} {
					res, body := get(t, client, url+path)
					if res.StatusCode != 200 || !bytes.Equal(body, want) || res.Proto != c.proto || res.ContentLength != int64(len(want)) {
						t.Errorf("GET %s%s = %s %s, %d bytes, want %s 200, %d bytes, the same", url, path, res.Proto, res.Status, len(body), c.proto, len(want))
					}
				}
				res, body := get(t, client, url+"/json")
				var m struct {
					Message string
					Number  int
				}
				if err := json.Unmarshal(body, &m); err != nil || m.Number != 42 || res.StatusCode != 200 {
					t.Errorf("GET /json = %s %q, %v", res.Status, body, err)
				}
				res, body = get(t, client, url+"/file", "Range", "bytes=60001-60100")
				if res.StatusCode != 206 || !bytes.Equal(body, file[60001:60101]) {
					t.Errorf("GET /file, range = %s, %d bytes", res.Status, len(body))
				}
				if res, _ := get(t, client, url+"/nothing"); res.StatusCode != 404 {
					t.Errorf("GET /nothing = %s, want 404", res.Status)
				}
			}
			client.CloseIdleConnections()
			stats := s.stop()
			// What remains are headers and the other documents.
			if c.files && stats.Net.GuestCopiedOut > 64<<10 {
				t.Errorf("the guest copied %d bytes that it sent, of 2 files of %d by sendfile", stats.Net.GuestCopiedOut, len(file))
			}
			t.Logf("%d VM exits, %d frames in, %d out, %d bytes copied in, %d out",
				stats.VMExits, stats.Net.RxFrames, stats.Net.TxFrames, stats.Net.GuestCopiedIn, stats.Net.GuestCopiedOut)
		})
	}
}

// TestKeepAlive makes many requests and looks at how many connections they took.
func TestKeepAlive(t *testing.T) {
	start(t)
	s := plan{}.serve(t, program(t, workload("httpd")))
	dialed := 0
	for _, close := range []bool{false, true} {
		client := &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: close,
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				dialed++
				return s.DialContext(ctx, network, address)
			}}}
		dialed = 0
		for range 50 {
			if res, body := get(t, client, "http://"+guestIP+":8080/hello"); res.StatusCode != 200 || string(body) != "hello, world!\n" {
				t.Fatalf("GET /hello = %s, %q", res.Status, body)
			}
		}
		if want := map[bool]int{false: 1, true: 50}[close]; dialed != want {
			t.Errorf("50 requests took %d connections, want %d", dialed, want)
		}
		client.CloseIdleConnections()
	}
	s.stop()
}
