//go:build unibench_guest

package net

import (
	"unsafe"

	"unibench/libos/abi"
	"unibench/libos/guest/inet"
	"unibench/libos/guest/netstack"
	"unibench/libos/guest/virtio"
)

// A program that imports package net gets the socket calls, and at the first
// socket the TCP/IP stack.
func init() { libosEnableSockets(libosOpenStack) }

//go:linkname libosEnableSockets syscall.libosEnableSockets
func libosEnableSockets(open func() inet.Stack)

// The runtime's side of virtio.Platform (libos/guest/goroot/runtime).

//go:linkname libos_netWait runtime.libos_netWait
func libos_netWait(watches unsafe.Pointer, n int32)

//go:linkname libos_netNotify runtime.libos_netNotify
func libos_netNotify(queue int32)

//go:linkname libos_monoTime runtime.libos_monoTime
func libos_monoTime() int64

// libosPlatform implements virtio.Platform by the functions above and by the
// memory map: addresses of the guest are those of the program.
type libosPlatform struct{}

func (libosPlatform) Info() *abi.NetInfo {
	return &at[abi.BootInfo](abi.BootGPA).Net
}

func (p libosPlatform) Shared() *abi.NetShared {
	return at[abi.NetShared](uintptr(p.Info().Shared))
}

func (libosPlatform) Stats() *abi.NetStats {
	return &at[abi.StatsPage](abi.StatsGPA).Net
}

func (libosPlatform) Memory(gpa, n uint64) []byte {
	return unsafe.Slice(at[byte](uintptr(gpa)), n)
}

func (libosPlatform) Wait(w []virtio.Watch) {
	libos_netWait(unsafe.Pointer(unsafe.SliceData(w)), int32(len(w)))
}

func (libosPlatform) Notify(queue int) { libos_netNotify(int32(queue)) }
func (libosPlatform) Now() int64       { return libos_monoTime() }

// at returns what is at an address outside of Go's heap.
func at[T any](addr uintptr) *T {
	return *(**T)(unsafe.Pointer(&addr))
}

// libosOpenStack makes the TCP/IP stack at the first use of a socket.
func libosOpenStack() inet.Stack { return netstack.Open(libosPlatform{}) }
