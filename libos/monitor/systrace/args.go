package systrace

import "encoding/binary"

// args appends the arguments that letters describe.
func (p *printer) args(letters string) {
	if letters == "-" {
		return
	}
	const futex, wake = 202, 1
	if p.r.Number == futex && p.at(1)&127 == wake {
		letters = letters[:3] // the others are of no meaning
	}
	for i := range len(letters) {
		if i > 0 {
			p.text(", ")
		}
		p.arg(letters[i], i)
	}
}

// at returns argument i.
func (p *printer) at(i int) uint64 {
	if i < len(p.r.Args) {
		return p.r.Args[i]
	}
	return 0
}

// arg appends argument i.
func (p *printer) arg(letter byte, i int) {
	v := p.at(i)
	const realTime, lastSignal = 32, 64
	if letter == 'S' && v >= realTime && v <= lastSignal {
		p.text("SIGRT_").uint(v - realTime)
		return
	}
	if set := flagSet(letter); set != nil {
		p.flags(v, set)
		const creat, tmpfile = 0x40, 0x400000
		if letter == 'O' && v&(creat|tmpfile) != 0 {
			p.text(", ").mode(p.at(i + 1))
		}
		return
	}
	switch letter {
	case 'd', 'f':
		if p.longInt(i) {
			p.int(int64(v))
		} else {
			p.int(int64(int32(v)))
		}
	case 'u':
		p.uint(v)
	case 'p':
		p.pointer(v)
	case 'a':
		if fd := int32(v); fd == atFDCWD {
			p.text("AT_FDCWD")
		} else {
			p.int(int64(fd))
		}
	case 's':
		p.path(v)
	case 'm':
		p.mode(v)
	case 'b':
		p.data(v, p.at(i+1))
	case 'r':
		if failed(p.r.Result) != 0 || p.r.Unfinished != 0 {
			p.pointer(v)
		} else {
			p.data(v, p.r.Result)
		}
	case 'v', 'V':
		p.vector(v, p.at(i+1), letter == 'V')
	case 't':
		p.timespec(v)
	case 'q':
		p.pair(v)
	case 'k':
		p.address(v, p.at(i+1))
	case 'K':
		p.addressOut(v, p.at(i+1))
	default:
		p.hex(v)
	}
}

const atFDCWD = -100

// longInt reports whether argument i, a signed number, has 64 bits: offsets and
// lengths of files.
func (p *printer) longInt(i int) bool {
	switch p.r.Number {
	case 8, 76, 77: // lseek, truncate, ftruncate
		return i == 1
	case 17, 18, 285, 295, 296: // pread64, pwrite64, fallocate, preadv, pwritev
		return i >= 2
	}
	return false
}

func (p *printer) mode(v uint64) {
	v &= 0o7777777
	p.text("0")
	for shift := 18; shift >= 0; shift -= 3 {
		if d := v >> shift; d != 0 || shift < 9 {
			p.b = append(p.b, '0'+byte(d&7))
		}
	}
}

// maxVector is how many parts are shown.
const maxVector = 4

// vector appends n parts of data, what the call made of them if out.
func (p *printer) vector(addr, n uint64, out bool) {
	left := ^uint64(0)
	if out {
		if failed(p.r.Result) != 0 {
			p.pointer(addr)
			return
		}
		left = p.r.Result
	}
	p.text("[")
	for i := range min(n, maxVector) {
		base, ok := p.word(addr + 16*i)
		length, ok2 := p.word(addr + 16*i + 8)
		if !ok || !ok2 {
			p.text("?")
			break
		}
		if i > 0 {
			p.text(", ")
		}
		length = min(length, left)
		if out {
			left -= length
		}
		p.data(base, length)
	}
	if n > maxVector {
		p.text(", ...")
	}
	p.text("]")
}

func (p *printer) timespec(addr uint64) {
	if addr == 0 {
		p.text("NULL")
		return
	}
	s, ok := p.word(addr)
	ns, ok2 := p.word(addr + 8)
	if !ok || !ok2 {
		p.hex(addr)
		return
	}
	p.text("{").int(int64(s)).text("s ").int(int64(ns)).text("ns}")
}

// pair appends the two descriptors that a call stored.
func (p *printer) pair(addr uint64) {
	w, ok := p.word(addr)
	if !ok || failed(p.r.Result) != 0 {
		p.pointer(addr)
		return
	}
	p.text("[").int(int64(int32(w))).text(", ").int(int64(int32(w >> 32))).text("]")
}

// address appends a socket address of n bytes.
func (p *printer) address(addr, n uint64) {
	const (
		unix, inet, inet6 = 1, 2, 10
		most              = 128
	)
	if addr == 0 {
		p.text("NULL")
		return
	}
	b := p.mem.Peek(addr, min(n, most))
	if uint64(len(b)) < min(n, most) || len(b) < 2 {
		p.hex(addr)
		return
	}
	switch family := binary.LittleEndian.Uint16(b); {
	case family == inet && len(b) >= 8:
		p.text("{")
		for i, v := range b[4:8] {
			if i > 0 {
				p.text(".")
			}
			p.uint(uint64(v))
		}
		p.text(":").uint(uint64(binary.BigEndian.Uint16(b[2:]))).text("}")
	case family == inet6 && len(b) >= 24:
		p.text("{[")
		for i := range 8 {
			if i > 0 {
				p.text(":")
			}
			const digits = "0123456789abcdef"
			for _, v := range b[8+2*i : 10+2*i] {
				p.b = append(p.b, digits[v>>4], digits[v&15])
			}
		}
		p.text("]:").uint(uint64(binary.BigEndian.Uint16(b[2:]))).text("}")
	case family == unix:
		p.text("{AF_UNIX ")
		name := b[2:]
		for i, c := range name {
			if c == 0 && i > 0 { // one that begins with zero is abstract
				name = name[:i]
				break
			}
		}
		p.quote(name)
		p.text("}")
	default:
		p.text("{")
		p.flags(uint64(family), families)
		p.text(" ...}")
	}
}

// addressOut appends the address that a call stored, with its length at lenAddr.
func (p *printer) addressOut(addr, lenAddr uint64) {
	n, ok := p.word(lenAddr)
	if !ok || addr == 0 || failed(p.r.Result) != 0 {
		p.pointer(addr)
		return
	}
	p.address(addr, uint64(uint32(n)))
}
