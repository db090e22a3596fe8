package netlab_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"unibench/baselines/launch"
	"unibench/harness/netlab"
)

// helperVariable makes the test's program one of the helpers below.
const helperVariable = "NETLAB_TEST_HELPER"

// TestMain lets the test be the relay of its worlds, and its own helper.
func TestMain(m *testing.M) {
	if status, ok := netlab.RelayMain(os.Args[1:], os.Stdin, os.Stdout, os.Stderr); ok {
		os.Exit(status)
	}
	helper := map[string]func() error{"": nil, "hold": hold, "ping": rootlessPing}[os.Getenv(helperVariable)]
	if helper == nil {
		os.Exit(m.Run())
	}
	status, ok, err := netlab.Rootless(os.Args, os.Environ())
	if !ok && err == nil {
		err = helper()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	os.Exit(status)
}

// held is what a helper holds.
type held struct {
	PIDs       []int
	Namespaces []string // as in /proc: net:[4026531840]
}

// hold builds worlds of all kinds with processes on all sides, says so and waits.
func hold() error {
	h := held{PIDs: []int{os.Getpid()}}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	configs := []netlab.Config{
		{Link: netlab.Veth},
		{Link: netlab.Veth, Shape: &netlab.Shape{Loss: 0.1}, Relay: []string{self, netlab.RelayArg}},
		{Link: netlab.TAP},
	}
	for _, c := range configs {
		w, err := netlab.New(context.Background(), c)
		if errors.Is(err, netlab.ErrNotAllowed) && c.Link == netlab.TAP {
			continue // no right to open the device
		}
		if err != nil {
			return err
		}
		for _, side := range netlab.Sides() {
			ns := w.NetNS(side)
			if ns == nil {
				continue
			}
			r, err := w.Start(context.Background(), side, launch.Spec{
				Path: "/bin/sleep", Args: []string{"sleep", "1000"}, Files: w.TAP(),
			})
			if err != nil {
				return err
			}
			name, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", ns.Fd()))
			if err != nil {
				return err
			}
			h.PIDs = append(h.PIDs, r.PID())
			h.Namespaces = append(h.Namespaces, name)
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(h); err != nil {
		return err
	}
	select {}
}

// rootlessPing builds a world, pings through it and says what else it is.
func rootlessPing() error {
	w, err := netlab.New(context.Background(), netlab.Config{Link: netlab.Veth})
	if err != nil {
		return err
	}
	defer w.Close()
	if _, err := w.Ping(context.Background(), netlab.SUT.Addr4()); err != nil {
		return err
	}
	record, err := w.Record()
	if err != nil {
		return err
	}
	_, err = netlab.New(context.Background(), netlab.Config{Link: netlab.TAP})
	fmt.Printf("ping ok, mtu %d, user %d, tap: %v\n", record.Generator.MTU, os.Getuid(), err)
	return nil
}

// helper returns a command that runs a helper.
func helper(t *testing.T, path, name string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(path)
	cmd.Env = append(os.Environ(), helperVariable+"="+name)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	t.Cleanup(func() {
		if t.Failed() && stderr.Len() > 0 {
			t.Logf("the helper says: %s", stderr.String())
		}
	})
	return cmd
}

// startHold starts a helper that holds worlds and returns what it holds.
func startHold(t *testing.T, cmd *exec.Cmd) held {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var h held
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &h)
	}
	if err != nil {
		cmd.Process.Kill()
		cmd.Wait()
		t.Fatalf("the helper said %q, %v", line, err)
	}
	return h
}
