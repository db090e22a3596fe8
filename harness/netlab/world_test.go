package netlab_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"unibench/harness/netlab"
)

// newWorld skips where networks cannot be built.
func newWorld(t testing.TB, c netlab.Config) *netlab.World {
	t.Helper()
	w, err := netlab.New(t.Context(), c)
	if errors.Is(err, netlab.ErrNotAllowed) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func limit(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestPing(t *testing.T) {
	w := newWorld(t, netlab.Config{Link: netlab.Veth})
	if _, err := w.Ping(limit(t), netlab.SUT.Addr4()); err != nil {
		t.Error(err)
	}
	if _, err := w.Ping(limit(t), netlab.SUT.Addr6()); err != nil {
		t.Error(err)
	}
}
