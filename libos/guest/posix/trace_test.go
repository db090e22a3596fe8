package posix

import (
	"testing"

	"unibench/libos/guest/linux"
)

// TestTrace: each call is reported once, when it has ended and with its result, but
// the one that does not end.
func TestTrace(t *testing.T) {
	type report struct {
		num        uintptr
		first      uintptr
		result     uintptr
		unfinished bool
		pointer    bool
	}
	var got []report
	h := newFake()
	h.trace = func(num uintptr, a Args, result uintptr, unfinished bool) {
		got = append(got, report{num, a.U[0], result, unfinished, a.P[1] != nil})
	}
	exited := -1
	h.exit = func(code int) { exited = code }
	p := New(h)
	text := []byte("text")
	sys(p, linux.SysWrite, 1, text, len(text))
	sys(p, linux.SysWrite, 77, text, len(text))
	sys(p, linux.SysClose, 2)
	sys(p, linux.SysExitGroup, 5)
	minus := func(e linux.Errno) uintptr { return -uintptr(e) }
	want := []report{
		{linux.SysWrite, 1, 4, false, true},
		{linux.SysWrite, 77, minus(linux.EBADF), false, true},
		{linux.SysClose, 2, 0, false, false},
		{linux.SysExitGroup, 5, 0, true, false},
		{linux.SysExitGroup, 5, 0, false, false}, // only because the fake returns
	}
	if len(got) != len(want) || exited != 5 {
		t.Fatalf("reports %+v, exit %d; want %+v", got, exited, want)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Errorf("report %d is %+v, want %+v", i, got[i], want[i])
		}
	}
}
