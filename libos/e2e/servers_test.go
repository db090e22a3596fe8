package e2e

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// large also tests servers whose build takes minutes: scripts/thirdparty sets it.
var large = flag.Bool("thirdparty", false, "also test the servers of others that take minutes to build")

// fetchedServer builds an image of a server that others wrote, or skips.
func fetchedServer(t *testing.T, module, pkg string, minutes bool) *build {
	t.Helper()
	if testing.Short() {
		t.Skip("builds large programs of other people: not with -short")
	}
	if minutes && !*large {
		t.Skip("takes minutes to build: scripts/thirdparty tests it")
	}
	start(t)
	dir := reach(t, module, pkg)
	b := &build{image: filepath.Join(dir, filepath.Base(pkg)+".uni")}
	shared.slots <- struct{}{}
	defer func() { <-shared.slots }()
	if err := command(dir, shared.uni, "build", "-o", b.image, pkg); err != nil {
		t.Fatal(err)
	}
	return b
}

// checked tells scripts/thirdparty what was.
func (s *server) checked(name, what string) {
	s.t.Helper()
	before := time.Now()
	stats, status := s.end()
	// Some end by the signal itself.
	if status != 0 && status != 128+int(syscall.SIGTERM) {
		s.t.Errorf("%s: exit status %d\n%s", name, status, head(s.out.String()))
	}
	if s.t.Failed() {
		return
	}
	var enosys []string
	for name := range stats.ENOSYS {
		enosys = append(enosys, name)
	}
	fmt.Printf("checked %s: %s; status %d %v after SIGTERM; %d frames in, %d out, %d VM exits, not implemented %v\n", name, what, status,
		time.Since(before).Round(time.Millisecond), stats.Net.RxFrames, stats.Net.TxFrames, stats.VMExits, enosys)
}

// TestNATS has NATS' own client talk to its server.
func TestNATS(t *testing.T) {
	b := fetchedServer(t, "servers", "github.com/nats-io/nats-server/v2", false)
	client := filepath.Join(filepath.Dir(b.image), "natsclient.bin")
	if err := command(filepath.Dir(b.image), "go", "build", "-o", client, "./natsclient"); err != nil {
		t.Fatal(err)
	}
	s := plan{flags: []string{"-mem", "256M", "-cpus", "2"}, ready: "Server is ready"}.serve(t, b)
	out, err := s.run(t, client, "nats://"+guestIP+":4222")
	if want := "20000 messages in order\n1000 messages to a group, each member some: true\n500 requests answered; without a responder: nats: no responders available for request\n"; err != nil || out != want {
		t.Fatalf("client: %v\n%s\nwant:\n%s", err, out, want)
	}
	s.checked("nats-server v2.15.2", "20000 messages published and received in order, queue group, 500 requests with nats.go")
}

// TestRedcon has Redis' benchmark talk to redcon's example.
func TestRedcon(t *testing.T) {
	b := fetchedServer(t, "servers", "./redcon", false)
	s := plan{flags: []string{"-mem", "256M"}, ready: "started server at"}.serve(t, b)
	// It says so before it listens.
	for end := time.Now().Add(patience); ; {
		conn, err := s.DialContext(t.Context(), "tcp", guestIP+":6380")
		if err == nil {
			conn.Close()
			break
		}
		if !errors.Is(err, syscall.ECONNREFUSED) || time.Now().After(end) {
			t.Fatal(err)
		}
	}
	conn := s.dial(t, "tcp", guestIP+":6380")
	for _, c := range []struct{ command, want string }{
		{"PING", "+PONG\r\n"}, {"SET k v", "+OK\r\n"}, {"GET k", "$1\r\nv\r\n"}, {"SETNX k w", ":0\r\n"}, {"DEL k", ":1\r\n"}, {"GET k", "$-1\r\n"},
	} {
		conn.Write(request(strings.Fields(c.command)...))
		got := make([]byte, 100)
		if n, err := conn.Read(got); err != nil || string(got[:n]) != c.want {
			t.Errorf("%s = %q, %v, want %q", c.command, got[:n], err, c.want)
		}
	}
	conn.Close()
	out, err := s.run(t, "redis-benchmark", "-h", guestIP, "-p", "6380", "-t", "get,set", "-n", "50000", "-P", "16", "-q")
	if err != nil || strings.Count(out, "requests per second") != 2 || strings.Contains(out, "rror") {
		t.Errorf("redis-benchmark: %v\n%s", err, out)
	}
	s.checked("redcon v1.6.4", "its commands, 100000 SET and GET by redis-benchmark -P 16")
}

// TestCaddy has it make its own CA and serve files under it.
func TestCaddy(t *testing.T) {
	b := fetchedServer(t, "caddy", "github.com/caddyserver/caddy/v2/cmd/caddy", true)
	root := t.TempDir()
	big := lines(3_000_001)
	for name, text := range map[string][]byte{
		"etc/Caddyfile": []byte(`{
	admin off
	auto_https disable_redirects
	skip_install_trust
}
https://198.18.0.2 {
	tls internal
	root * /srv
	file_server browse
}
http://198.18.0.2:8080 {
	root * /home/.local/share/caddy/pki/authorities/local
	file_server
}
`),
		"srv/index.html": []byte("<h1>hello</h1>\n"), "srv/docs/big.txt": big, "srv/docs/small.txt": []byte("small\n"),
	} {
		put(t, filepath.Join(root, name), text)
	}
	s := plan{
		flags: []string{"-mem", "512M", "-cpus", "2", "-root", root, "-env", "HOME=/home"},
		args:  []string{"run", "--config", "/etc/Caddyfile"}, ready: "serving initial configuration",
	}.serve(t, b)
	// Its authority's certificate; from now on it must vouch for everything.
	_, pem := get(t, s.client(t, false), "http://"+guestIP+":8080/root.crt")
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		t.Fatalf("no certificate in %q", pem)
	}
	const url = "https://" + guestIP
	for _, two := range []bool{false, true} {
		tr := &http.Transport{DialContext: s.DialContext, ForceAttemptHTTP2: two, DisableCompression: true, TLSClientConfig: &tls.Config{RootCAs: roots}}
		t.Cleanup(tr.CloseIdleConnections)
		c := &http.Client{Transport: tr, Timeout: patience}
		proto := map[bool]string{false: "HTTP/1.1", true: "HTTP/2.0"}[two]
		for path, want := range map[string]string{"/": "<h1>hello</h1>\n", "/docs/big.txt": string(big), "/docs/small.txt": "small\n"} {
			res, body := get(t, c, url+path)
			if res.StatusCode != 200 || res.Proto != proto || string(body) != want || res.TLS == nil || len(res.TLS.VerifiedChains) == 0 {
				t.Errorf("GET %s = %s %s, %d bytes, want %s 200, %d bytes", path, res.Proto, res.Status, len(body), proto, len(want))
			}
		}
		if res, body := get(t, c, url+"/docs/big.txt", "Range", "bytes=1000000-1000999"); res.StatusCode != 206 || !bytes.Equal(body, big[1000000:1001000]) {
			t.Errorf("range = %s, %d bytes", res.Status, len(body))
		}
		if _, body := get(t, c, url+"/docs/"); !bytes.Contains(body, []byte("small.txt")) {
			t.Errorf("the folder's list has no small.txt:\n%s", head(string(body)))
		}
		if res, _ := get(t, c, url+"/nothing"); res.StatusCode != 404 {
			t.Errorf("GET /nothing = %s", res.Status)
		}
	}
	if _, err := (&http.Client{Transport: &http.Transport{DialContext: s.DialContext}}).Get(url); !errors.As(err, new(x509.UnknownAuthorityError)) {
		t.Errorf("without its authority: %v", err)
	}
	ca := filepath.Join(t.TempDir(), "root.crt")
	put(t, ca, pem)
	out, err := s.run(t, "curl", "--silent", "--show-error", "--fail", "--cacert", ca, url+"/docs/small.txt")
	if err != nil || out != "small\n" {
		t.Errorf("curl: %v\n%s", err, out)
	}
	s.checked("caddy v2.11.9", "files and ranges of 3 MB by HTTP/1.1 and HTTP/2 with Go's client, by curl, under the certificate of its own authority")
}

// TestCoreDNS has it serve a zone.
func TestCoreDNS(t *testing.T) {
	b := fetchedServer(t, "coredns", "github.com/coredns/coredns", true)
	root := t.TempDir()
	zone := "$ORIGIN example.org.\n@ 3600 IN SOA ns.example.org. admin.example.org. 2026010101 7200 3600 1209600 3600\n@ 3600 IN NS ns\nns 3600 IN A 198.18.0.2\nwww 60 IN A 198.18.0.9\nwww 60 IN AAAA fd00::9\nalias 60 IN CNAME www\n"
	queries := ""
	for i := range 500 {
		zone += fmt.Sprintf("host%d 60 IN A 198.18.%d.%d\n", i, i/250+1, i%250+1)
		queries += fmt.Sprintf("host%d.example.org A\n", i)
	}
	put(t, filepath.Join(root, "etc/zone"), []byte(zone))
	put(t, filepath.Join(root, "etc/Corefile"), []byte("example.org:53 {\n\tfile /etc/zone\n\ttransfer {\n\t\tto *\n\t}\n\terrors\n}\n"))
	s := plan{
		flags: []string{"-mem", "512M", "-cpus", "2", "-root", root}, args: []string{"-conf", "/etc/Corefile"}, ready: "CoreDNS-1.15.0",
	}.serve(t, b)
	for _, c := range []struct{ args, want string }{
		{"+short www.example.org A", "198.18.0.9\n"},
		{"+short www.example.org AAAA", "fd00::9\n"},
		{"+short alias.example.org A", "www.example.org.\n198.18.0.9\n"},
		{"+short +tcp host499.example.org A", "198.18.2.250\n"},
		{"+noall +comments missing.example.org A", "status: NXDOMAIN"},
		{"+noall +comments www.example.com A", "status: REFUSED"},
		{"+tcp example.org AXFR", "XFR size: 507 records"},
	} {
		out, err := s.run(t, "dig", append([]string{"@" + guestIP}, strings.Fields(c.args)...)...)
		if err != nil || !strings.Contains(out, c.want) {
			t.Errorf("dig %s: %v\n%s\nwant %q", c.args, err, head(out), c.want)
		}
	}
	file := filepath.Join(t.TempDir(), "queries")
	put(t, file, []byte(queries))
	out, err := s.run(t, "dnsperf", "-s", guestIP, "-d", file, "-l", "2", "-c", "4")
	if err != nil || !strings.Contains(out, "Queries lost:         0 ") || !strings.Contains(out, "NOERROR ") || strings.Contains(out, "SERVFAIL") {
		t.Errorf("dnsperf: %v\n%s", err, out)
	}
	s.checked("coredns v1.15.0", "records over UDP and TCP, errors, a zone transfer by dig, 2 s of dnsperf without a loss")
}

// put writes a file, with its folder.
func put(t *testing.T, name string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, text, 0o644); err != nil {
		t.Fatal(err)
	}
}
