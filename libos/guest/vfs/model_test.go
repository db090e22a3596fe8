package vfs

import (
	"bytes"
	"testing"

	"unibench/libos/guest/linux"
)

// slowFile is the obvious file: one slice with all bytes.
type slowFile []byte

func (f *slowFile) truncate(size int) {
	if size <= len(*f) {
		*f = (*f)[:size]
		return
	}
	*f = append(*f, make([]byte, size-len(*f))...)
}

func (f *slowFile) writeAt(p []byte, off int) {
	if len(p) == 0 {
		return
	}
	if off+len(p) > len(*f) {
		f.truncate(off + len(p))
	}
	copy((*f)[off:], p)
}

// FuzzContent runs a script of writes, truncations and reads, three bytes each
// (what, where, how much), on a content with a base layer and on slowFile.
func FuzzContent(f *testing.F) {
	f.Add([]byte{0, 1, 2, 1, 3, 0, 0, 200, 200, 2, 0, 255}, uint16(300))
	f.Add([]byte{1, 0, 10, 1, 0, 255, 2, 0, 255}, uint16(65535))
	f.Add([]byte{0, 0, 9, 3, 0, 90, 0, 3, 40, 5, 0, 0, 1, 1, 0, 3, 2, 1, 1, 40, 1, 4, 0, 0, 4, 0, 0, 3, 60, 0, 2, 0, 255}, uint16(70))
	f.Add([]byte{0, 16, 1, 1, 15, 0, 1, 40, 0, 2, 14, 200}, uint16(0))
	f.Fuzz(func(t *testing.T, script []byte, baseSize uint16) {
		base := bytes.Repeat([]byte("base"), int(baseSize))[:baseSize]
		saved := bytes.Clone(base)
		mem := &countingMemory{}
		fs := testFS(1<<40, mem)
		c := content{base: base, size: int64(len(base))}
		model := slowFile(bytes.Clone(base))
		var maps []mapped
		for i := 0; i+2 < len(script) && i < 300; i += 3 {
			// Steps of an odd size over and around the chunk borders.
			off, n := int(script[i+1])*4099, int(script[i+2])*517
			switch script[i] % 6 {
			case 3:
				if len(maps) < 3 {
					maps = mapAt(maps, &c, int64(off)&^(PageSize-1), int64(n+1), fs)
				}
			case 4:
				if len(maps) > 0 {
					c.extent.maps--
					maps = maps[1:]
				}
			case 5:
				if len(maps) > 0 {
					m := maps[0]
					if m.off < int64(len(model)) {
						end := min(int64(len(model)), m.off+int64(len(m.mem)))
						fill(m.mem[:end-m.off], byte(i))
						fill(model[m.off:end], byte(i))
						if end == int64(len(model)) { // the rest of the page is nobody's
							fill(m.mem[end-m.off:min(pages(end)-m.off, int64(len(m.mem)))], 0xee)
						}
					}
				}
			case 0:
				p := bytes.Repeat([]byte{byte(i) | 1}, n)
				got, errno := c.writeAt(p, int64(off), fs)
				if got != n || errno != 0 {
					t.Fatalf("writeAt(%d bytes, %d) = %d, %d", n, off, got, errno)
				}
				model.writeAt(p, off)
			case 1:
				c.truncate(int64(off+n), fs)
				model.truncate(off + n)
			case 2:
				p := bytes.Repeat([]byte{0xff}, n)
				got := c.readAt(p, int64(off))
				want := []byte(nil)
				if off < len(model) {
					want = model[off:min(len(model), off+n)]
				}
				if !bytes.Equal(p[:got], want) {
					t.Fatalf("step %d: readAt(%d bytes, %d) differs from the model", i/3, n, off)
				}
				if lent := lendAll(&c, int64(off), n); !bytes.Equal(lent, want) {
					t.Fatalf("step %d: lend(%d, %d) gave %d bytes, want %d", i/3, off, n, len(lent), len(want))
				}
			}
			for _, m := range maps {
				if m.off < int64(len(model)) {
					want := model[m.off:min(int64(len(model)), m.off+int64(len(m.mem)))]
					if !bytes.Equal(m.mem[:len(want)], want) {
						t.Fatalf("step %d: the mapping at %d differs from the model", i/3, m.off)
					}
				}
			}
			if c.size != int64(len(model)) {
				t.Fatalf("step %d: size = %d, want %d", i/3, c.size, len(model))
			}
		}
		all := make([]byte, len(model))
		if c.readAt(all, 0) != len(all) || !bytes.Equal(all, model) {
			t.Fatal("contents differ from the model")
		}
		if !bytes.Equal(base, saved) {
			t.Fatal("the base layer was written")
		}
		if used := fs.used.Load(); used != c.held {
			t.Fatalf("held = %d, want %d", c.held, used)
		}
		c.extent.maps = 0
		c.truncate(0, fs)
		if c.drop(fs); c.held != 0 || fs.used.Load() != 0 || mem.chunks != 0 || mem.reserved != 0 {
			t.Fatalf("after truncation to nothing %d bytes are held, %d used, %d chunks not freed", c.held, fs.used.Load(), mem.chunks)
		}
	})
}

// lendAll puts together what lend gives.
func lendAll(c *content, off int64, n int) (all []byte) {
	for n > 0 {
		var few [3][]byte
		v, fixed := c.lend(few[:0], off, n)
		if len(v) == 0 {
			break
		}
		if fixed && (len(v) != 1 || cap(v[0]) == 0) {
			return nil
		}
		for _, b := range v {
			all = append(all, b...)
			off += int64(len(b))
			n -= len(b)
		}
	}
	return all
}

// mapped is a mapping of the content at off.
type mapped struct {
	off int64
	mem []byte
}

func mapAt(maps []mapped, c *content, off, n int64, fs *FS) []mapped {
	if c.gather(off+n, fs) != 0 {
		return maps
	}
	c.extent.maps++
	return append(maps, mapped{off, c.extent.mem[off : off+n]})
}

func fill(b []byte, v byte) {
	for i := range b {
		b[i] = v
	}
}

// countingMemory counts the chunks and extents that are out, and hands out
// dirty ones.
type countingMemory struct{ chunks, reserved int }

func (m *countingMemory) Reserve(n int64) []byte {
	if n%ChunkSize != 0 {
		panic("not a multiple of chunks")
	}
	m.reserved++
	return bytes.Repeat([]byte{0xdd}, int(n))
}

func (m *countingMemory) Unreserve([]byte)     { m.reserved-- }
func (m *countingMemory) Commit(b []byte) bool { clear(b); return true }
func (m *countingMemory) Decommit(b []byte)    { fill(b, 0xdd) }

func (m *countingMemory) Alloc() []byte {
	m.chunks++
	return bytes.Repeat([]byte{0xdd}, ChunkSize)
}

func (m *countingMemory) Free(b []byte) {
	if len(b) != ChunkSize {
		panic("freed memory is no chunk")
	}
	m.chunks--
}

func testFS(limit int64, mem Memory) *FS {
	var tick int64
	return New(func() linux.Timespec { tick++; return linux.Timespec{Sec: tick} }, mem, limit)
}

// TestLimit fills a file system and frees it again: by truncation, by removal
// of the name, and by the last close of a file without a name.
func TestLimit(t *testing.T) {
	fs := testFS(4*ChunkSize, &countingMemory{})
	n, errno := fs.Open(fs.Root(), "f", linux.OCreat|linux.ORdwr, 0o644)
	if errno != 0 {
		t.Fatalf("Open = %d", errno)
	}
	big := make([]byte, 6*ChunkSize)
	if got, errno := n.WriteAt(big, 0); got != 4*ChunkSize || errno != 0 {
		t.Errorf("WriteAt into too little room = %d, %d, want %d, 0", got, errno, 4*ChunkSize)
	}
	if got, errno := n.WriteAt(big, 4*ChunkSize); got != 0 || errno != linux.ENOSPC {
		t.Errorf("WriteAt into no room = %d, %d, want 0, ENOSPC", got, errno)
	}
	if free := fs.Statfs().Bfree; free != 0 {
		t.Errorf("free blocks of the full file system = %d, want 0", free)
	}
	n.Truncate(ChunkSize)
	if got, errno := n.WriteAt(big[:3*ChunkSize], ChunkSize); got != 3*ChunkSize || errno != 0 {
		t.Errorf("WriteAt after Truncate = %d, %d, want %d, 0", got, errno, 3*ChunkSize)
	}
	if errno := fs.Unlink(fs.Root(), "f"); errno != 0 {
		t.Fatalf("Unlink = %d", errno)
	}
	if fs.used.Load() == 0 {
		t.Error("contents of an open file were freed with its name")
	}
	n.Release()
	if used := fs.used.Load(); used != 0 {
		t.Errorf("used after the last close = %d, want 0", used)
	}
}

// TestSmallFilesAreSmall: many tiny files must not take a chunk each.
func TestSmallFilesAreSmall(t *testing.T) {
	fs := testFS(1<<30, &countingMemory{})
	n, errno := fs.Open(fs.Root(), "f", linux.OCreat|linux.ORdwr, 0o644)
	if errno != 0 {
		t.Fatalf("Open = %d", errno)
	}
	n.WriteAt([]byte("x"), 0)
	if used := fs.used.Load(); used != smallest {
		t.Errorf("one byte holds %d bytes, want %d", used, smallest)
	}
}

// TestPlanted checks that contents of the archive are aliased until written.
func TestPlanted(t *testing.T) {
	fs := testFS(1<<30, &countingMemory{})
	data := []byte("from the archive")
	n, errno := fs.Plant("/etc/deep/f", Node{Mode: linux.ModeRegular | 0o644, Data: data, Mtime: linux.Timespec{Sec: 77}})
	if errno != 0 {
		t.Fatalf("Plant = %d", errno)
	}
	if used := fs.used.Load(); used != 0 {
		t.Errorf("planted file holds %d bytes, want 0", used)
	}
	if st := n.Stat(); st.Size != int64(len(data)) || st.Mtim.Sec != 77 || st.Mode != linux.ModeRegular|0o644 {
		t.Errorf("Stat = %+v", st)
	}
	n.WriteAt([]byte("FROM"), 0)
	got := make([]byte, 100)
	got = got[:n.ReadAt(got, 0)]
	if string(got) != "FROM the archive" || string(data) != "from the archive" {
		t.Errorf("after a write the file holds %q and the archive %q", got, data)
	}
	if _, errno := fs.Plant("/etc/deep", Node{Mode: linux.ModeRegular}); errno != linux.ENOTEMPTY {
		t.Errorf("Plant over a full folder = %d, want ENOTEMPTY", errno)
	}
	if _, errno := fs.Plant("/etc/deep", Node{Mode: linux.ModeDir | 0o700}); errno != 0 {
		t.Errorf("Plant of a folder over itself = %d", errno)
	}
	if errno := fs.PlantLink("/etc/link", n); errno != 0 || n.Stat().Nlink != 2 {
		t.Errorf("PlantLink = %d, links %d, want 0, 2", errno, n.Stat().Nlink)
	}
}

// TestListingIsStable removes and adds entries between the steps of a listing:
// entries that stay are seen exactly once.
func TestListingIsStable(t *testing.T) {
	fs := testFS(1<<20, &countingMemory{})
	root := fs.Root()
	for i := range 200 {
		fs.Mkdir(root, name(i), 0o755)
	}
	seen := map[string]int{}
	for cookie, step := int64(0), 0; ; step++ {
		e, ok, errno := root.NextEntry(cookie)
		if errno != 0 {
			t.Fatalf("NextEntry = %d", errno)
		}
		if !ok {
			break
		}
		seen[e.Name]++
		cookie = e.Cookie
		if step < 150 {
			fs.Rmdir(root, name(step)) // at most two behind or ahead
			fs.Mkdir(root, "new"+name(step), 0o755)
		}
	}
	for i := 150; i < 200; i++ {
		if seen[name(i)] != 1 {
			t.Errorf("%s seen %d times, want once", name(i), seen[name(i)])
		}
	}
	for n, count := range seen {
		if count != 1 {
			t.Errorf("%s seen %d times", n, count)
		}
	}
}

func name(i int) string { return string([]byte{'a' + byte(i/26), 'a' + byte(i%26)}) }
