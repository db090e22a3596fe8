package netlab_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"unibench/baselines/container"
	"unibench/baselines/launch"
	"unibench/baselines/process"
	"unibench/baselines/scratch"
	"unibench/harness/netlab"
)

// httpd builds the workload of that name.
func httpd(t *testing.T) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "httpd")
	cmd := exec.Command("go", "build", "-o", out, "unibench/workloads/httpd")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if b, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, b)
	}
	return out
}

// server is what both targets return.
type server interface {
	Line(ctx context.Context, prefix string) (string, error)
	Signal(syscall.Signal) error
	Wait() (*launch.Result, error)
}

// browse checks a server from the other side of the world and ends it.
func browse(t *testing.T, w *netlab.World, s server) {
	t.Helper()
	ctx := limit(t)
	if _, err := s.Line(ctx, "listening on "); err != nil {
		t.Error(err)
	}
	client := &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			return w.Dial(ctx, netlab.Generator, network, addr)
		},
	}}
	defer client.CloseIdleConnections()
	for _, host := range []string{netlab.SUT.Addr4().String(), netlab.SUT.Addr6().String()} {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, "8080")+"/1k", nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := client.Do(req)
		if err != nil {
			t.Error(err)
			continue
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK || len(body) != 1024 {
			t.Errorf("GET from %s = %s, %d bytes, %v", host, res.Status, len(body), err)
		}
	}
	if _, err := w.Dial(ctx, netlab.SUT, "tcp", net.JoinHostPort(netlab.Generator.Addr4().String(), "8080")); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("the server's port on the other side = %v, want refused", err)
	}
	if err := s.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	res, err := s.Wait()
	if err != nil || res.ExitStatus != 0 {
		t.Errorf("Wait = %+v, %v; %s", res, err, res.Stderr)
	}
}

func TestProcess(t *testing.T) {
	app := httpd(t)
	for name, c := range map[string]netlab.Config{
		"direct": {Link: netlab.Veth},
		"shaped": shaped(t, netlab.Veth, netlab.Shape{Delay: 2 * time.Millisecond, Loss: 0.01, Seed: 1}),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, c)
			r, err := w.Start(limit(t), netlab.SUT, process.Config{Binary: app}.Spec())
			if err != nil {
				t.Fatal(err)
			}
			browse(t, w, r)
		})
	}
}

func TestContainer(t *testing.T) {
	runtime, err := exec.LookPath("crun")
	if err != nil {
		t.Skip("no crun here")
	}
	if os.Geteuid() != 0 {
		t.Skip("containers need root")
	}
	temp, err := os.MkdirTemp("", "netlab-test-") // t.TempDir is closed to other user ids
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(temp)
	if err := os.Chmod(temp, 0o711); err != nil {
		t.Fatal(err)
	}
	s, err := scratch.New(temp)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	b, err := container.NewBundle(t.Context(), s, container.Config{
		Runtime: runtime, Binary: httpd(t), Name: "httpd", ProbeArgs: []string{"-h"}, MemoryBytes: 64 << 20, Network: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, netlab.Config{Link: netlab.Veth})
	r, err := b.Start(limit(t), container.StartOptions{NetNS: w.NetNS(netlab.SUT)})
	if err != nil {
		t.Fatal(err)
	}
	// The container is in the world and not in a namespace of its own.
	if ns, err := os.Readlink(w.NetNSPath(netlab.SUT)); err != nil || len(members([]string{ns})) == 0 {
		t.Errorf("nothing runs in %s, %v", ns, err)
	}
	browse(t, w, r)
}

// TestStartErrors: what cannot be started says why.
func TestStartErrors(t *testing.T) {
	w := newWorld(t, netlab.Config{Link: netlab.Veth})
	_, err := w.Start(limit(t), netlab.SUT, launch.Spec{Path: "/nonexistent/program", Args: []string{"x"}})
	if !errors.Is(err, os.ErrNotExist) || !strings.HasPrefix(err.Error(), "sut: ") {
		t.Errorf("Start = %v, want that the file does not exist", err)
	}
	if _, err := w.StopRelay(); err == nil {
		t.Error("StopRelay of a direct link succeeded")
	}
}
