package servertest_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"unibench/workloads/internal/server"
	"unibench/workloads/internal/servertest"
)

// run serves bytes in capitals, or those of -say alone.
func run(ctx context.Context, stdout, stderr io.Writer, args []string) int {
	flags := server.NewFlags("capitals", stderr)
	addr := flags.String("addr", "127.0.0.1:0", "listen on `address`")
	say := flags.String("say", "", "answer with this `text`")
	return server.Run(flags, args, func() error {
		if *say == "nothing" {
			return fmt.Errorf("-say %s", *say)
		}
		l, err := server.Listen(stdout, *addr)
		if err != nil {
			return err
		}
		return server.Serve(ctx, l, func(conn *net.TCPConn) {
			b, _ := io.ReadAll(conn)
			if *say != "" {
				b = []byte(*say)
			}
			conn.Write(bytes.ToUpper(b))
		})
	})
}

func TestAsk(t *testing.T) {
	for _, tt := range []struct {
		args []string
		sent string
		want string
	}{
		{nil, "abc", "ABC"},
		{nil, "", ""},
		{[]string{"-say", "hello"}, "abc", "HELLO"},
	} {
		if got := servertest.Ask(t, servertest.Start(t, run, tt.args...), []byte(tt.sent)); string(got) != tt.want {
			t.Errorf("%q: Ask(%q) = %q, want %q", tt.args, tt.sent, got, tt.want)
		}
	}
}

func TestArguments(t *testing.T) {
	servertest.Arguments(t, run, servertest.Case{Args: []string{"-say", "nothing"}, Want: 1})
}

// failure is a test whose end is looked at, not reported.
type failure struct {
	testing.TB
	text string
}

func (f *failure) Helper() {}

func (f *failure) Fatalf(format string, args ...any) {
	f.text = fmt.Sprintf(format, args...)
	panic(f)
}

// TestStartFails: a program that does not listen is told with what it said.
func TestStartFails(t *testing.T) {
	for _, tt := range []struct {
		name string
		p    server.Program
		want string
	}{
		{"ended", func(ctx context.Context, stdout, stderr io.Writer, args []string) int {
			return run(ctx, stdout, stderr, append(args, "-say", "nothing"))
		}, "status 1: capitals: -say nothing\n"},
		{"other output", func(ctx context.Context, stdout, _ io.Writer, _ []string) int {
			fmt.Fprintln(stdout, "hello")
			<-ctx.Done()
			return 3
		}, `first line "hello\n", <nil>; status 3: `},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := &failure{TB: t}
			defer func() {
				if r := recover(); r != f || !strings.HasSuffix(f.text, tt.want) {
					t.Errorf("Start ended with %v: %q, want %q", r, f.text, tt.want)
				}
			}()
			t.Errorf("Start = %q", servertest.Start(f, tt.p))
		})
	}
}
