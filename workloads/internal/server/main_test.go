package server_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"unibench/workloads/internal/server"
)

func TestMainEndsBySignal(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		got := server.Main(func(ctx context.Context, stdout, stderr io.Writer, args []string) int {
			if stdout != os.Stdout || stderr != os.Stderr || !slices.Equal(args, []string{"a", "b"}) {
				t.Errorf("the program got %v, %v, %q", stdout, stderr, args)
			}
			if err := syscall.Kill(os.Getpid(), sig); err != nil {
				t.Fatal(err)
			}
			<-ctx.Done()
			return 7
		}, []string{"a", "b"})
		if got != 7 {
			t.Errorf("Main = %d after %v, want 7", got, sig)
		}
	}
}

func TestRun(t *testing.T) {
	for _, tt := range []struct {
		name   string
		args   []string
		err    error
		want   int
		stderr string
		worked bool
	}{
		{"ended", []string{"-n", "3"}, nil, 0, "", true},
		{"failed", []string{"-n", "3"}, errors.New("no more"), 1, "prog: no more\n", true},
		{"help", []string{"-h"}, nil, 0, "Usage of prog:\n", false},
		{"unknown flag", []string{"-nonsense"}, nil, 2, "flag provided but not defined: -nonsense\nUsage of prog:\n", false},
		{"bad value", []string{"-n", "x"}, nil, 2, "invalid value \"x\" for flag -n: parse error\nUsage of prog:\n", false},
		{"argument", []string{"-n", "3", "a b"}, nil, 2, "prog: unexpected argument \"a b\"\n", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var stderr bytes.Buffer
			flags := server.NewFlags("prog", &stderr)
			n := flags.Int("n", 0, "a number")
			worked := false
			got := server.Run(flags, tt.args, func() error {
				worked = true
				if *n != 3 {
					t.Errorf("-n is %d, want 3", *n)
				}
				return tt.err
			})
			said, _, _ := strings.Cut(stderr.String(), "  -n")
			if got != tt.want || said != tt.stderr || worked != tt.worked {
				t.Errorf("Run(%q) = %d, worked %v, %q; want %d, %v, %q", tt.args, got, worked, said, tt.want, tt.worked, tt.stderr)
			}
		})
	}
}
