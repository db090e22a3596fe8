package core_test

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"unibench/libos/vmm/core"
)

// file is a core.File in memory that notes what was written.
type file struct {
	b       []byte
	written int
	fail    error
}

func (f *file) WriteAt(b []byte, at int64) (int, error) {
	if f.fail != nil {
		return 0, f.fail
	}
	if n := int(at) + len(b); n > len(f.b) {
		f.b = append(f.b, make([]byte, n-len(f.b))...)
	}
	f.written += len(b)
	return copy(f.b[at:], b), nil
}

func (f *file) Truncate(size int64) error {
	f.b = append(f.b, make([]byte, int(size)-len(f.b))...)
	return nil
}

// pages is the list of touched pages; nil is all.
type pages map[uint64]bool

func (p pages) Touched(addr uint64, touched []bool) error {
	for i := range touched {
		touched[i] = p == nil || p[addr/core.PageSize+uint64(i)]
	}
	return nil
}

const page = core.PageSize

// sample is a process of two threads in 600 pages of memory.
func sample() (*core.Process, []byte) {
	memory := make([]byte, 600*page)
	copy(memory[page:], "text")
	copy(memory[5*page:], "data")
	copy(memory[299*page+17:], "far away")
	copy(memory[599*page-4:], "last")
	var r core.Registers
	v := reflect.ValueOf(&r).Elem()
	for i := range v.NumField() {
		v.Field(i).SetUint(uint64(100 + i))
	}
	float := [512]byte{0: 0x7f, 511: 9}
	return &core.Process{
		Name: "a name that is much too long", Signal: 11, Args: []string{"prog", "-x", strings.Repeat("y", 100)},
		Auxv:  [][2]uint64{{6, page}, {9, 0x1234}},
		Files: []core.FileMapping{{Start: page, End: 3 * page, Offset: 7 * page, Name: "prog"}},
		Threads: []core.Thread{
			{ID: 7, Regs: r, Float: &float},
			{ID: 9, Regs: core.Registers{IP: 0x401000}},
		},
		Segments: []core.Segment{
			{Addr: page, Size: 2 * page, Flags: core.Readable | core.Executable},
			{Addr: 5 * page, Size: 594 * page, Flags: core.Readable | core.Writable},
		},
	}, memory
}

func write(t *testing.T, p *core.Process, memory []byte, touched core.PageMap) (*elf.File, *file) {
	t.Helper()
	f := &file{}
	if err := core.Write(f, p, memory, touched); err != nil {
		t.Fatal(err)
	}
	e, err := elf.NewFile(bytes.NewReader(f.b))
	if err != nil {
		t.Fatal(err)
	}
	return e, f
}

func TestSegments(t *testing.T) {
	p, memory := sample()
	e, f := write(t, p, memory, pages(nil))
	if e.Type != elf.ET_CORE || e.Machine != elf.EM_X86_64 || e.Class != elf.ELFCLASS64 || len(e.Progs) != 3 {
		t.Errorf("header %+v with %d programs", e.FileHeader, len(e.Progs))
	}
	for i, s := range p.Segments {
		got := e.Progs[1+i]
		if got.Type != elf.PT_LOAD || got.Vaddr != s.Addr || got.Filesz != s.Size || got.Memsz != s.Size ||
			uint32(got.Flags) != s.Flags || got.Off%page != 0 || got.Align != page {
			t.Errorf("segment %d: %+v, want %+v", i, got.ProgHeader, s)
		}
		b, err := io.ReadAll(got.Open())
		if err != nil || !bytes.Equal(b, memory[s.Addr:][:s.Size]) {
			t.Errorf("segment %d: %v, or other bytes than in memory", i, err)
		}
	}
	// Two pages of text, of which one is zero; three of the others are not.
	if headers := int(e.Progs[0].Off + e.Progs[0].Filesz); f.written != headers+4*page {
		t.Errorf("%d bytes written, want headers (%d) and 4 pages", f.written, headers)
	}
}

// TestUntouched: what was never touched is not even read.
func TestUntouched(t *testing.T) {
	p, memory := sample()
	e, _ := write(t, p, memory, pages{1: true, 299: true})
	got, err := io.ReadAll(e.Progs[2].Open())
	if err != nil {
		t.Fatal(err)
	}
	want := make([]byte, len(got))
	copy(want[294*page:295*page], memory[299*page:])
	if !bytes.Equal(got, want) {
		t.Error("untouched pages are not holes, or others are")
	}
}

// note is one note of a core.
type note struct {
	kind uint32
	desc []byte
}

func notes(t *testing.T, e *elf.File) (list []note) {
	t.Helper()
	if e.Progs[0].Type != elf.PT_NOTE {
		t.Fatalf("the first program is a %v", e.Progs[0].Type)
	}
	b, err := io.ReadAll(e.Progs[0].Open())
	if err != nil {
		t.Fatal(err)
	}
	le := binary.LittleEndian
	for len(b) > 0 {
		name, desc, kind := le.Uint32(b), int(le.Uint32(b[4:])), le.Uint32(b[8:])
		if name != 5 || string(b[12:17]) != "CORE\x00" {
			t.Fatalf("a note named %q", b[12:][:name])
		}
		list = append(list, note{kind, b[20:][:desc]})
		b = b[20+(desc+3)&^3:]
	}
	return list
}

func TestNotes(t *testing.T) {
	p, memory := sample()
	e, _ := write(t, p, memory, pages(nil))
	list := notes(t, e)
	var kinds []uint32
	for _, n := range list {
		kinds = append(kinds, n.kind)
	}
	if want := []uint32{1, 3, 6, 0x46494c45, 2, 1}; !reflect.DeepEqual(kinds, want) {
		t.Fatalf("notes %v, want %v", kinds, want)
	}
	le := binary.LittleEndian
	status := list[0].desc
	if len(status) != 336 || le.Uint32(status) != 11 || le.Uint16(status[12:]) != 11 || le.Uint32(status[32:]) != 7 || le.Uint32(status[328:]) != 1 {
		t.Errorf("status of the first thread: % x", status)
	}
	for i := range 27 { // struct user_regs_struct, whose order that of Registers is
		if got := le.Uint64(status[112+8*i:]); got != uint64(100+i) {
			t.Errorf("register %d = %d, want %d", i, got, 100+i)
		}
	}
	info := list[1].desc
	if len(info) != 136 || string(info[40:56]) != "a name that is \x00" || !strings.HasPrefix(string(info[56:]), "prog -x yyy") || info[135] != 0 {
		t.Errorf("process %q", info)
	}
	auxv := list[2].desc
	if len(auxv) != 48 || le.Uint64(auxv) != 6 || le.Uint64(auxv[16:]) != 9 || le.Uint64(auxv[24:]) != 0x1234 || le.Uint64(auxv[32:]) != 0 {
		t.Errorf("auxiliary vector % x", auxv)
	}
	files := list[3].desc
	var words []uint64
	for i := range 5 {
		words = append(words, le.Uint64(files[8*i:]))
	}
	if want := []uint64{1, page, page, 3 * page, 7}; !reflect.DeepEqual(words, want) || string(files[40:]) != "prog\x00" {
		t.Errorf("files %v %q, want %v", words, files[40:], want)
	}
	if !bytes.Equal(list[4].desc, p.Threads[0].Float[:]) {
		t.Error("floating point state differs")
	}
	second := list[5].desc
	if le.Uint16(second[12:]) != 11 || le.Uint32(second[32:]) != 9 || le.Uint64(second[112+8*16:]) != 0x401000 || le.Uint32(second[328:]) != 0 {
		t.Errorf("status of the second thread: % x", second)
	}
}

// TestNoThreads: a guest whose thread table is garbage still has memory to show.
func TestNoThreads(t *testing.T) {
	p, memory := sample()
	p.Threads, p.Files = nil, nil
	e, _ := write(t, p, memory, pages(nil))
	if list := notes(t, e); len(list) != 2 || list[0].kind != 3 || list[1].kind != 6 {
		t.Errorf("notes %v", list)
	}
}

func TestWriteError(t *testing.T) {
	p, memory := sample()
	full := errors.New("no space")
	if err := core.Write(&file{fail: full}, p, memory, pages(nil)); !errors.Is(err, full) {
		t.Errorf("Write = %v, want %v", err, full)
	}
}
