package monitor

import "testing"

// decide runs the filter on a system call (Documentation/networking/filter.rst of
// Linux has the instructions).
func decide(t *testing.T, steps []filterStep, arch, nr, arg0, arg1 uint32) uint32 {
	t.Helper()
	data := map[uint32]uint32{dataNr: nr, dataArch: arch, dataArg0: arg0, dataArg1: arg1}
	a := uint32(0)
	for pc := 0; pc < len(steps); pc++ {
		s := steps[pc]
		switch s.code {
		case bpfLoad:
			a = data[s.k]
		case bpfAnd:
			a &= s.k
		case bpfEqual:
			if a == s.k {
				pc += int(s.jt)
			} else {
				pc += int(s.jf)
			}
		case bpfReturn:
			return s.k
		default:
			t.Fatalf("instruction %#x", s.code)
		}
	}
	t.Fatal("the filter has no end")
	return 0
}

// TestFilter: the network and the core add what they need, and nothing else is
// allowed.
func TestFilter(t *testing.T) {
	const readv, writev, read, open, execve, socket, pwrite, kvmRun, setOffload, setIff = 19, 20, 0, 2, 59, 41, 18, 0xAE80, 0x400454d0, 0x400454ca
	for _, c := range []struct {
		name             string
		nr, arg0, arg1   uint32
		plain, net, core bool
	}{
		{"read", read, 0, 0, true, true, true},
		{"readv", readv, 0, 0, false, true, false},
		{"writev", writev, 0, 0, false, true, false},
		{"pwrite64", pwrite, 0, 0, false, false, true},
		{"run the guest", sysIoctl, 7, kvmRun, true, true, true},
		{"set offloads", sysIoctl, 7, setOffload, false, true, false},
		{"attach to an interface", sysIoctl, 7, setIff, false, false, false},
		{"new thread", sysClone, threadFlags, 0, true, true, true},
		{"new process", sysClone, 17, 0, false, false, false},
		{"open", open, 0, 0, false, false, false},
		{"execve", execve, 0, 0, false, false, false},
		{"socket", socket, 0, 0, false, false, false},
	} {
		for may, want := range map[permissions]bool{{}: c.plain, {net: true}: c.net, {core: true}: c.core} {
			action := decide(t, filter(may), archX86_64, c.nr, c.arg0, c.arg1)
			if action == retAllow != want || !want && action != retEPERM {
				t.Errorf("%s, %+v: %#x, want it allowed: %t", c.name, may, action, want)
			}
		}
	}
	if action := decide(t, filter(permissions{net: true, core: true}), 3, read, 0, 0); action != retKill {
		t.Errorf("another architecture: %#x", action)
	}
}
