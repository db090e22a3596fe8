package kern

import (
	"slices"
	"testing"
)

// TestReleasedMemory: memory that is only mapped, or released, does not count,
// and does again when it is used, up to the limit; and then it reads as zero.
func TestReleasedMemory(t *testing.T) {
	const size, limit = 16 << 20, 4 << 20
	start := region(t, size+blockSize)
	start = (start + blockSize - 1) &^ (blockSize - 1)
	var m Memory
	m.Init(start, start+size, limit)
	heap := m.Reserve(8 << 20)
	if heap == 0 || !m.Prepare(heap, 8<<20) || m.InUse != 0 {
		t.Fatalf("Reserve and Prepare = %#x, in use %d; want twice the limit mapped, nothing in use", heap, m.InUse)
	}
	check := func(what string, ok, want bool, inUse uint64) {
		t.Helper()
		if ok != want || m.InUse != inUse {
			t.Errorf("%s = %v, in use %d; want %v, %d", what, ok, m.InUse, want, inUse)
		}
	}
	check("Reuse of 3 MiB", m.Reuse(heap, 3<<20), true, 3<<20)
	check("Reuse over the limit", m.Reuse(heap+(3<<20), 2<<20), false, 3<<20)
	check("Reuse of what is in use", m.Reuse(heap, 1<<20), true, 3<<20)
	for i := range bytesAt(heap, 3<<20) {
		bytesAt(heap, 3<<20)[i] = 0xff
	}
	m.Release(heap, 2<<20)
	m.Release(heap, 1<<20)
	check("Release, twice", true, true, 1<<20)
	if m.Released != 2<<20 {
		t.Errorf("Released = %d, want %d", m.Released, 2<<20)
	}
	check("Reuse elsewhere", m.Reuse(heap+(4<<20), 3<<20), true, 4<<20)
	check("Reuse of the released", m.Reuse(heap, pageSize), false, 4<<20)
	m.Release(heap+(4<<20), 3<<20)
	check("Reuse of the released", m.Reuse(heap, 3<<20), true, 3<<20)
	if slices.Max(bytesAt(heap, 2<<20)) != 0 || slices.Min(bytesAt(heap+(2<<20), 1<<20)) != 0xff {
		t.Error("released memory has to read as zero when it is used again, and no other to change")
	}
	check("Use of the released", m.Use(heap+(4<<20), 1<<20), true, 4<<20)
	m.Release(heap, 1<<20)
	check("Prepare of what is in use and released", m.Prepare(heap, 2<<20), true, 2<<20)
	check("Free of all", m.Free(heap, 8<<20), true, 0)
	check("Prepare of free addresses", m.Prepare(heap, pageSize), false, 0)
	check("Reuse outside", m.Reuse(start+size, pageSize), false, 0)
	if m.Peak != limit {
		t.Errorf("Peak = %d, want %d", m.Peak, limit)
	}
}

// TestReclaim: whole blocks go back, once.
func TestReclaim(t *testing.T) {
	const size = 32 << 20
	start := region(t, size+blockSize)
	start = (start + blockSize - 1) &^ (blockSize - 1)
	var m Memory
	m.Init(start, start+size, size)
	heap := m.Reserve(16 << 20)
	if !m.Use(heap, 16<<20) {
		t.Fatal("Use failed")
	}
	m.Release(heap+(64<<10), 6<<20)
	from, n := m.Reclaim(0)
	if from != heap+blockSize || n != 2*blockSize {
		t.Errorf("Reclaim = %#x, %d, want the two whole blocks from %#x", from, n, heap+blockSize)
	}
	if from, n = m.Reclaim(0); n != 0 || m.Released != 0 {
		t.Errorf("Reclaim again = %#x, %d with %d released, want nothing", from, n, m.Released)
	}
	file := m.ReserveTop(2 * blockSize)
	if !m.Use(file, 2*blockSize) || !m.Free(file, 2*blockSize) || m.Released != 2*blockSize {
		t.Errorf("%d bytes released after a file of %d was removed", m.Released, 2*blockSize)
	}
	if from, n = m.Reclaim(0); from != file || n != 2*blockSize {
		t.Errorf("Reclaim = %#x, %d, want the %d bytes of the file at %#x", from, n, 2*blockSize, file)
	}
}
