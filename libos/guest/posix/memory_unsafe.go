package posix

import (
	"unsafe"

	"unibench/libos/guest/linux"
	"unibench/libos/guest/vfs"
)

// memory gives the file system mappings of its own, outside the Go heap.
type memory struct{ hal HAL }

func (m memory) Alloc() []byte {
	start, errno := m.hal.Mmap(0, vfs.ChunkSize, linux.ProtRead|linux.ProtWrite, linux.MapPrivate|linux.MapAnonymous)
	if errno != 0 {
		return nil
	}
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&start)), vfs.ChunkSize)
}

func (m memory) Free(b []byte) {
	m.hal.Munmap(uintptr(unsafe.Pointer(unsafe.SliceData(b))), vfs.ChunkSize)
}
