package kern

import (
	"bytes"
	"go/ast"
	"go/build"
	"go/constant"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"strings"
	"testing"

	"unibench/libos/abi"
)

// TestFrameMatchesRuntime compares the layout of all structures that cross the
// boundary with what Go's own runtime declares for linux/amd64, which is what
// its signal handler reads.
func TestFrameMatchesRuntime(t *testing.T) {
	dir := filepath.Join(build.Default.GOROOT, "src", "runtime")
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, filepath.Join(dir, "defs_linux_amd64.go"), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Skipf("no source of package runtime: %v", err)
	}
	// The file alone, without what it embeds from others.
	conf := types.Config{Importer: importer.Default(), Error: func(error) {}}
	pkg, _ := conf.Check("runtime", fset, []*ast.File{file}, nil)
	sizes := types.SizesFor("gc", "amd64")
	checked := 0
	for name, fields := range offsets {
		obj := pkg.Scope().Lookup(name)
		if obj == nil {
			t.Errorf("runtime has no type %s", name)
			continue
		}
		st := obj.Type().Underlying().(*types.Struct)
		vars := make([]*types.Var, st.NumFields())
		for i := range vars {
			vars[i] = st.Field(i)
		}
		for i, at := range sizes.Offsetsof(vars) {
			want, ok := fields[vars[i].Name()]
			if !ok {
				continue
			}
			checked++
			if uintptr(at) != want {
				t.Errorf("%s.%s is at %d for the runtime, at %d here", name, vars[i].Name(), at, want)
			}
		}
	}
	total := 0
	for _, fields := range offsets {
		total += len(fields)
	}
	if checked != total {
		t.Errorf("compared %d fields, want %d", checked, total)
	}
	for name, want := range map[string]int64{
		"_SA_ONSTACK": flagOnStack,
		"_SIGILL":     SIGILL, "_SIGTRAP": SIGTRAP, "_SIGBUS": SIGBUS, "_SIGFPE": SIGFPE, "_SIGKILL": SIGKILL,
		"_SIGSEGV": SIGSEGV, "_SIGCHLD": SIGCHLD, "_SIGCONT": SIGCONT, "_SIGSTOP": SIGSTOP, "_SIGURG": SIGURG, "_SIGWINCH": SIGWINCH,
		"_SEGV_MAPERR": codeMapErr, "_SEGV_ACCERR": codeAccErr, "_FPE_INTDIV": codeIntDiv, "_FPE_FLTINV": codeFltInv, "_BUS_ADRALN": codeAdrAln,
		"_MAP_ANON": mapAnonymous, "_MAP_FIXED": mapFixed, "_PROT_NONE": protNone,
		"_MADV_DONTNEED": madvDontNeed, "_MADV_COLLAPSE": madvCollapse,
		"_EINTR": EINTR, "_EAGAIN": EAGAIN, "_ENOMEM": ENOMEM,
	} {
		obj, ok := pkg.Scope().Lookup(name).(*types.Const)
		if !ok {
			t.Errorf("runtime has no constant %s", name)
			continue
		}
		if got, _ := constant.Int64Val(obj.Val()); got != want {
			t.Errorf("%s is %d for the runtime, %d here", name, got, want)
		}
	}
}

// interrupted prepares vCPU 0 as after an exception: the registers in Trap, the
// vector state beside them, filled with fill.
func (m *machine) interrupted(sp uint64, fill byte) (fp uintptr) {
	pc := m.cpu[0]
	fp = m.mem + argSize - 8192
	for i := range bytesAt(fp, xsaveSize) {
		bytesAt(fp, xsaveSize)[i] = fill
	}
	pc.Trap = abi.SigContext{
		R8: 8, R9: 9, R10: 10, R11: 11, R12: 12, R13: 13, R14: 14, R15: 15, DI: 16, SI: 17, BP: 18, BX: 19,
		DX: 20, AX: 21, CX: 22, SP: sp, IP: 23, Flags: 24, CS: 25, SS: 26, Err: 27, TrapNo: 28, CR2: 29,
		FPState: uint64(fp),
	}
	pc.Save = abi.Registers{FS: 77, SP: 1, IP: 2}
	return fp
}

// TestFrame checks the frame of an interruption against Linux's rules
// (arch/x86/kernel/signal.c, get_sigframe and x64_setup_rt_frame).
func TestFrame(t *testing.T) {
	const (
		altBase = 4096
		altSize = 16384
	)
	for _, c := range []struct {
		name    string
		flags   uint64
		sp      int64 // offset in memory; before the interruption
		altOff  bool
		top     int64 // what the frame lies below
		redZone int64
	}{
		{"own stack", 0, 40000, false, 40000, 128},
		{"own stack, odd", 0, 39999, false, 39999, 128},
		{"signal stack", flagOnStack, 40000, false, altBase + altSize, 0},
		{"signal stack is off", flagOnStack, 40000, true, 40000, 128},
		{"on it already", flagOnStack, altBase + 9001, false, altBase + 9001, 128},
		{"at its top", flagOnStack, altBase + altSize, false, altBase + altSize, 128},
		{"just above it", flagOnStack, altBase + altSize + 1, false, altBase + altSize, 0},
		{"at its bottom", flagOnStack, altBase, false, altBase + altSize, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMachine(t, 1)
			pc := m.cpu[0]
			th := &m.k.threads[0]
			th.mask = 0x40
			th.alt = altStack{uint64(m.mem) + altBase, altSize, c.altOff}
			m.handle(SIGSEGV, c.flags, 0)
			fp := m.interrupted(uint64(m.mem)+uint64(c.sp), 0x5a)
			trap := pc.Trap
			if got := m.k.Deliver(pc, Cause{SIGSEGV, codeMapErr, 0xdead}, true, true, xsaveSize); got != Handled {
				t.Fatalf("Deliver() = %d, want Handled", got)
			}
			at := uintptr(pc.Save.SP)
			f := frameAt(at)
			vector := uintptr(f.uc.regs.FPState)
			limit := m.mem + uintptr(c.top-c.redZone)
			switch {
			case (at+8)%16 != 0:
				t.Errorf("stack pointer %#x at a handler's entry is not 8 off a multiple of 16", at)
			case vector%64 != 0 || vector+xsaveSize > limit || vector < at+signalFrameSize:
				t.Errorf("vector state at %#x, frame %#x, want it between, aligned, below %#x", vector, at, limit)
			case limit-at > xsaveSize+63+signalFrameSize+15:
				t.Errorf("the frame takes %d bytes of stack", limit-at)
			}
			if !bytes.Equal(bytesAt(vector, xsaveSize), bytesAt(fp, xsaveSize)) {
				t.Error("the vector state is not that of the interruption")
			}
			trap.FPState = uint64(vector)
			if f.uc.regs != trap {
				t.Errorf("context %+v, want %+v", f.uc.regs, trap)
			}
			if f.ret != restorer || f.uc.mask != 0x40 || f.uc.stack.sp != th.alt.sp || f.uc.stack.size != altSize {
				t.Errorf("return address %#x, mask %#x, stack %+v", f.ret, f.uc.mask, f.uc.stack)
			}
			if f.info != (signalInfo{signo: SIGSEGV, code: codeMapErr, addr: 0xdead}) {
				t.Errorf("information %+v", f.info)
			}
			want := abi.Registers{IP: handler, SP: uint64(at), DI: SIGSEGV, SI: uint64(at) + 312, DX: uint64(at) + 8, FS: 77}
			if pc.Save != want {
				t.Errorf("the handler starts with %+v, want %+v", pc.Save, want)
			}
		})
	}
}

// TestNestedFrames: a signal in a handler on the signal stack stays on it, below
// the first, and both contexts come back.
func TestNestedFrames(t *testing.T) {
	m := newMachine(t, 1)
	pc := m.cpu[0]
	th := &m.k.threads[0]
	th.alt = altStack{uint64(m.mem), 32 << 10, false}
	m.handle(sigusr1, flagOnStack, 0)
	m.handle(sigusr2, flagOnStack, 0)
	m.interrupted(uint64(m.mem)+50000, 1)
	outer := pc.Trap
	m.k.Deliver(pc, Cause{Signal: sigusr1}, true, false, xsaveSize)
	first := uintptr(pc.Save.SP)
	kept := bytes.Clone(bytesAt(first, 4096))
	// The handler is interrupted some way down.
	m.interrupted(uint64(first)-100, 2)
	inner := pc.Trap
	m.k.Deliver(pc, Cause{Signal: sigusr2}, true, false, xsaveSize)
	second := uintptr(pc.Save.SP)
	if second >= first-100-128 || second < m.mem {
		t.Errorf("second frame at %#x, first at %#x: want it below, beyond the red zone", second, first)
	}
	if !bytes.Equal(kept, bytesAt(first, 4096)) {
		t.Error("the second frame overwrote the first")
	}
	if want := bit(sigusr1) | bit(sigusr2); th.mask != want {
		t.Errorf("mask in the second handler %#x, want %#x", th.mask, want)
	}
	for _, c := range []struct {
		sp   uintptr
		want abi.SigContext
		mask uint64
	}{{second, inner, bit(sigusr1)}, {first, outer, 0}} {
		pc.Save.SP = uint64(c.sp) + 8
		_, req := m.call(sysRtSigreturn)
		got := *(*abi.SigContext)(pointer(uintptr(req.A[0])))
		c.want.FPState = got.FPState
		if got != c.want || th.mask != c.mask {
			t.Errorf("sigreturn restores %+v, mask %#x; want %+v, %#x", got, th.mask, c.want, c.mask)
		}
	}
}

// TestInterject: the interjected code finds the context where its stack pointer
// points, and rt_sigreturn from there restores it; signals wait until then.
func TestInterject(t *testing.T) {
	m := newMachine(t, 1)
	pc := m.cpu[0]
	th := &m.k.threads[0]
	th.alt = altStack{uint64(m.mem), 32 << 10, false}
	th.mask = 0x80
	m.interrupted(uint64(m.mem)+50000, 3)
	want := pc.Trap
	if !m.k.Interject(pc, 0x4711, xsaveSize) {
		t.Fatal("Interject() = false")
	}
	if pc.Save != (abi.Registers{IP: 0x4711, SP: pc.Save.SP, FS: 77}) || pc.Save.SP%16 != 0 {
		t.Errorf("the code starts with %+v", pc.Save)
	}
	m.k.Notify(pc, SIGURG)
	if m.k.HasPending(pc) {
		t.Error("a signal would be handled in the context of the interjected code")
	}
	_, req := m.call(sysRtSigreturn)
	got := *(*abi.SigContext)(pointer(uintptr(req.A[0])))
	want.FPState = got.FPState
	if got != want || th.mask != 0x80 || !m.k.HasPending(pc) {
		t.Errorf("sigreturn restores %+v, mask %#x, signal %v; want %+v, 0x80, true", got, th.mask, m.k.HasPending(pc), want)
	}
	if b := bytesAt(uintptr(got.FPState), xsaveSize); strings.Trim(string(b), "\x03") != "" {
		t.Error("the vector state is not that of the interruption")
	}
}
