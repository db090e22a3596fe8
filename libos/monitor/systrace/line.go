package systrace

import (
	"encoding/binary"
	"strconv"

	"unibench/libos/abi"
)

// Memory is the guest's.
type Memory interface {
	// Peek returns a copy of the n bytes at addr, or of those of them that are
	// memory, from addr on: possibly none.
	Peek(addr, n uint64) []byte
}

// Append appends the line for a call. Times count from base.
func Append(b []byte, r *abi.TraceRecord, mem Memory, base int64) []byte {
	p := &printer{b: b, r: r, mem: mem}
	p.seconds(r.Start - base)
	if r.Goroutine != 0 {
		p.text(" g").uint(r.Goroutine)
	} else {
		p.text(" t").uint(uint64(r.Thread))
	}
	p.text(" ")
	if r.Number < 1<<31 {
		p.text(Name(int(r.Number)))
	} else {
		p.hex(r.Number)
	}
	p.text("(")
	if letters, ok := signature(r.Number); ok {
		p.args(letters)
	} else {
		p.args("xxxxxx")
	}
	p.text(") = ")
	p.result()
	p.text(" <").seconds(r.End - r.Start)
	return append(p.b, ">\n"...)
}

// failed returns the error of a call, or 0.
func failed(result uint64) uint64 {
	const maxErrno = 4095
	if result > ^uint64(maxErrno) {
		return -result
	}
	return 0
}

// printer appends one line.
type printer struct {
	b   []byte
	r   *abi.TraceRecord
	mem Memory
}

func (p *printer) text(s string) *printer {
	p.b = append(p.b, s...)
	return p
}

func (p *printer) int(v int64) *printer {
	p.b = strconv.AppendInt(p.b, v, 10)
	return p
}

func (p *printer) uint(v uint64) *printer {
	p.b = strconv.AppendUint(p.b, v, 10)
	return p
}

func (p *printer) hex(v uint64) *printer {
	p.b = strconv.AppendUint(append(p.b, "0x"...), v, 16)
	return p
}

// seconds appends nanoseconds as seconds with six digits behind the point.
func (p *printer) seconds(ns int64) *printer {
	if ns < 0 {
		ns = 0
	}
	us := ns / 1000
	p.int(us / 1e6).text(".")
	digits := strconv.FormatInt(us%1e6, 10)
	return p.text("000000"[len(digits):]).text(digits)
}

func (p *printer) result() {
	r := p.r
	switch e := failed(r.Result); {
	case r.Unfinished != 0:
		p.text("?")
	case e != 0:
		p.text("-1 ").text(errnoName(e))
	case resultIsAddress(r.Number):
		p.hex(r.Result)
	default:
		p.int(int64(r.Result))
	}
}

// pointer appends an address.
func (p *printer) pointer(v uint64) *printer {
	if v == 0 {
		return p.text("NULL")
	}
	return p.hex(v)
}

// maxData is how much is shown of data.
const maxData = 32

// data appends n bytes at addr, or the beginning of them.
func (p *printer) data(addr, n uint64) {
	if addr == 0 {
		p.text("NULL")
		return
	}
	shown := p.mem.Peek(addr, min(n, maxData))
	if uint64(len(shown)) < min(n, maxData) {
		p.hex(addr)
		return
	}
	p.quote(shown)
	if n > maxData {
		p.text("...")
	}
}

// maxPath bounds a path (PATH_MAX).
const maxPath = 4096

// path appends the zero-terminated string at addr.
func (p *printer) path(addr uint64) {
	if addr == 0 {
		p.text("NULL")
		return
	}
	b := p.mem.Peek(addr, maxPath)
	for i, c := range b {
		if c == 0 {
			p.quote(b[:i])
			return
		}
	}
	p.hex(addr) // no end
}

// quote appends a string in quotes, what is not printable in octal, as in C.
func (p *printer) quote(s []byte) {
	p.b = append(p.b, '"')
	for i, c := range s {
		switch {
		case c == '"' || c == '\\':
			p.b = append(p.b, '\\', c)
		case c == '\n':
			p.text(`\n`)
		case c == '\t':
			p.text(`\t`)
		case c == '\r':
			p.text(`\r`)
		case c == '\v':
			p.text(`\v`)
		case c == '\f':
			p.text(`\f`)
		case c >= ' ' && c < 0x7f:
			p.b = append(p.b, c)
		default:
			digits := strconv.FormatUint(uint64(c), 8)
			if i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '7' {
				digits = "000"[len(digits):] + digits
			}
			p.text(`\`).text(digits)
		}
	}
	p.b = append(p.b, '"')
}

// word returns the 64-bit word at addr.
func (p *printer) word(addr uint64) (uint64, bool) {
	b := p.mem.Peek(addr, 8)
	if len(b) < 8 {
		return 0, false
	}
	return binary.LittleEndian.Uint64(b), true
}
