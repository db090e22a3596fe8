package vmm

import (
	"io"
	"strconv"

	"unibench/libos/abi"
	"unibench/libos/image/symbol"
)

// Dump describes in text what each vCPU was doing when the VM ended: registers
// and calls, with the names of functions if the image has a symbol table. It is
// to be called between Run and Close.
func (m *Machine) Dump() []byte {
	names, _ := symbol.Read(descriptor(m.cfg.Image))
	d := dump{m: m, names: names}
	for i, v := range m.vcpus {
		s := v.look()
		if !s.live {
			continue
		}
		d.text("vCPU ").int(i)
		switch {
		case s.kernel && s.thread < 0:
			d.text(" in the library OS, without a thread:\n")
		case s.kernel:
			d.text(" in the library OS, for thread ").int(s.thread + 1).text(":\n")
		default:
			d.text(" in the program, thread ").int(s.thread + 1).text(":\n")
		}
		d.registers(&s.regs, s.fs)
		d.calls(&s.regs)
		if s.kernel && s.thread >= 0 {
			d.text("thread ").int(s.thread + 1).text(":\n")
			d.calls(&s.program)
		}
	}
	return d.b
}

// dump is a text under construction.
type dump struct {
	b     []byte
	m     *Machine
	names *symbol.Table // nil without
}

func (d *dump) text(s string) *dump {
	d.b = append(d.b, s...)
	return d
}

func (d *dump) int(v int) *dump {
	d.b = strconv.AppendInt(d.b, int64(v), 10)
	return d
}

// hex adds v with all of its 16 digits.
func (d *dump) hex(v uint64) *dump {
	digits := strconv.FormatUint(v, 16)
	d.b = append(append(d.b, "0000000000000000"[len(digits):]...), digits...)
	return d
}

// registers adds the general registers, four to a line.
func (d *dump) registers(c *abi.SigContext, fs uint64) {
	for i, r := range [...]struct {
		name string
		v    uint64
	}{
		{"rip", c.IP}, {"rsp", c.SP}, {"rbp", c.BP}, {"flg", c.Flags},
		{"rax", c.AX}, {"rbx", c.BX}, {"rcx", c.CX}, {"rdx", c.DX},
		{"rsi", c.SI}, {"rdi", c.DI}, {"r8 ", c.R8}, {"r9 ", c.R9},
		{"r10", c.R10}, {"r11", c.R11}, {"r12", c.R12}, {"r13", c.R13},
		{"r14", c.R14}, {"r15", c.R15}, {"fs ", fs}, {"cr2", c.CR2},
	} {
		d.text("  ").text(r.name).text(" ").hex(r.v)
		if i%4 == 3 {
			d.text("\n")
		}
	}
}

// maxCalls bounds a list of calls.
const maxCalls = 32

// calls adds the functions on the stack, by the chain of frame pointers that Go
// code keeps (System V ABI for x86-64, 3.2.2): each is followed upwards only.
func (d *dump) calls(c *abi.SigContext) {
	d.call(c.IP)
	for bp, n := c.BP, 1; n < maxCalls; n++ {
		frame, ok := load[[2]uint64](d.m.mem, bp)
		if !ok || frame[1] < abi.ImageGPA {
			return
		}
		d.call(frame[1] - 1) // in the call, not behind it
		if frame[0] <= bp {
			return
		}
		bp = frame[0]
	}
}

func (d *dump) call(ip uint64) {
	d.text("  ").hex(ip)
	if d.names != nil {
		if name, offset, ok := d.names.Find(ip); ok {
			d.text(" ").text(name).text("+0x").text(strconv.FormatUint(offset, 16))
		}
	}
	d.text("\n")
}

// descriptor reads a file without package os.
type descriptor int

func (fd descriptor) ReadAt(b []byte, offset int64) (int, error) {
	switch err := readFull(int(fd), b, offset); {
	case err == nil:
		return len(b), nil
	case err == io.ErrUnexpectedEOF:
		return 0, io.EOF
	default:
		return 0, err
	}
}
