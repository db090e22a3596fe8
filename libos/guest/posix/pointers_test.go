package posix

import (
	"testing"

	"unibench/libos/guest/linux"
)

func TestPointerMask(t *testing.T) {
	tests := []struct {
		name         string
		num, request uintptr
		want         uint8
	}{
		{"getpid", linux.SysGetpid, 0, 0},
		{"read", linux.SysRead, 0, p2},
		{"open", linux.SysOpen, 0, p1},
		{"stat", linux.SysStat, 0, p1 | p2},
		{"newfstatat", linux.SysNewfstatat, 0, p2 | p3},
		{"recvfrom", linux.SysRecvfrom, 0, p2 | p5 | p6},
		{"pselect6", linux.SysPselect6, 0, p2 | p3 | p4 | p5 | p6},
		{"munmap: an address, no pointer", linux.SysMunmap, 0, 0},
		{"mmap", linux.SysMmap, 0, 0},
		{"ioctl FIONREAD", linux.SysIoctl, linux.Fionread, p3},
		{"ioctl of another number", linux.SysIoctl, 0x5421_0000, 0},
		{"fcntl F_SETLK", linux.SysFcntl, linux.FSetlk, p3},
		{"fcntl F_DUPFD: the third is a number", linux.SysFcntl, linux.FDupfd, 0},
		{"futex wait: the fourth is a timeout", linux.SysFutex, 0, p1 | p4},
		{"futex wait, private", linux.SysFutex, 128, p1 | p4},
		{"futex wake", linux.SysFutex, 1 | 128, p1},
		{"futex requeue: the fourth is a number", linux.SysFutex, 4 | 128, p1 | p5},
		{"futex wait of bits by the wall clock", linux.SysFutex, 9 | 128 | 256, p1 | p4},
		{"futex wait to be requeued", linux.SysFutex, 11, p1 | p4 | p5},
		{"futex unknown", linux.SysFutex, 14, p1},
		{"beyond Linux's", linux.SysZcSend, 0, p2 | p4},
		{"just beyond the table", uintptr(len(pointerMasks)), 0, 0},
		{"no number at all", ^uintptr(0), 0, 0},
	}
	for _, tt := range tests {
		if got := PointerMask(tt.num, tt.request); got != tt.want {
			t.Errorf("%s: PointerMask(%d, %#x) = %#b, want %#b", tt.name, tt.num, tt.request, got, tt.want)
		}
	}
	for num, m := range pointerMasks {
		if m&byRequest != 0 && m != byRequest {
			t.Errorf("call %d: mask %#b: the second argument decides, or it does not", num, m)
		}
	}
}

// BenchmarkNull is the cost of a system call that does nothing.
func BenchmarkNull(b *testing.B) {
	p := New(newFake())
	for b.Loop() {
		p.Syscall(linux.SysGetpid, 0, 0, 0, 0, 0, 0)
	}
}

// TestNullAllocates: Args stays on the stack.
func TestNullAllocates(t *testing.T) {
	p := New(newFake())
	if n := testing.AllocsPerRun(100, func() { p.Syscall(linux.SysGetpid, 0, 0, 0, 0, 0, 0) }); n != 0 {
		t.Errorf("a system call allocates %v times", n)
	}
}
