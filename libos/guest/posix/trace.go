package posix

import "unibench/libos/guest/linux"

// traced is answer with a report of the call.
func (p *Process) traced(num uintptr, a *Args) (r1, r2, errno uintptr) {
	start := p.hal.MonoTime()
	if num == linux.SysExitGroup {
		p.hal.Trace(num, *a, 0, start, true)
	}
	r, e := p.dispatch(num, a)
	if e != 0 {
		p.hal.Trace(num, *a, -uintptr(e), start, false)
		return ^uintptr(0), 0, uintptr(e)
	}
	p.hal.Trace(num, *a, r, start, false)
	return r, 0, 0
}
