package host

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestParseLocks(t *testing.T) {
	const locks = "1: FLOCK  ADVISORY  READ  11 fe:00:42 0 EOF\n" +
		"2: POSIX  ADVISORY  WRITE 12 fe:00:42 0 EOF\n" +
		"3: FLOCK  ADVISORY  WRITE 13 fe:01:42 0 EOF\n" +
		"4: FLOCK  ADVISORY  WRITE 14 fe:00:42 0 EOF\n" +
		"4: -> FLOCK  ADVISORY  WRITE 15 fe:00:42 0 EOF\n" +
		"5: FLOCK  ADVISORY  WRITE -1 fe:00:43 0 EOF\n" +
		"6: OFDLCK ADVISORY\n"
	for _, tt := range []struct {
		inode uint64
		want  int
	}{{42, 14}, {43, 0}, {44, 0}} {
		if got := parseLocks([]byte(locks), 0xfe, 0, tt.inode); got != tt.want {
			t.Errorf("parseLocks of inode %d = %d, want %d", tt.inode, got, tt.want)
		}
	}
}

func FuzzParseLocks(f *testing.F) {
	f.Add([]byte("1: FLOCK  ADVISORY  WRITE 14 fe:00:42 0 EOF\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if pid := parseLocks(b, 0xfe, 0, 42); pid < 0 {
			t.Errorf("parseLocks = %d", pid)
		}
	})
}

// TestBusy: the error names this process, which holds the lock itself.
func TestBusy(t *testing.T) {
	name := filepath.Join(t.TempDir(), "lock")
	l, err := Acquire(name)
	if err != nil {
		t.Fatal(err)
	}
	var busy *BusyError
	if _, err := Acquire(name); !errors.As(err, &busy) || !errors.Is(err, ErrBusy) {
		t.Fatalf("second Acquire = %v, want a BusyError", err)
	}
	if locks, err := os.ReadFile("/proc/locks"); err != nil || len(locks) == 0 {
		t.Logf("no holders can be seen here: %v", err)
	} else if busy.PID != os.Getpid() || busy.Since.After(time.Now()) || !strings.Contains(busy.Error(), busy.Since.UTC().Format(time.RFC3339)) {
		t.Errorf("%v, want process %d", busy, os.Getpid())
	}

	// A limit is kept, a cancellation too, and the end of the holder is seen.
	told := 0
	tell := func(*BusyError) { told++ }
	if _, err := WaitAcquire(t.Context(), name, time.Nanosecond, tell); !errors.Is(err, ErrBusy) || told > 1 {
		t.Errorf("WaitAcquire with a limit = %v, told %d times", err, told)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := WaitAcquire(ctx, name, 0, func(*BusyError) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Errorf("WaitAcquire that was cancelled = %v", err)
	}
	told = 0
	l2, err := WaitAcquire(t.Context(), name, 0, func(*BusyError) { told++; l.Release() })
	if err != nil || told != 1 {
		t.Fatalf("WaitAcquire = %v, told %d times, want once", err, told)
	}
	l2.Release()
}
