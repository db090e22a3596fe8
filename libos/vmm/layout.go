package vmm

import "unibench/libos/abi"

// Addresses that follow from the vCPU's number alone.
func perCPUBase(i int) uint64     { return abi.PerCPUGPA + uint64(i)*abi.PerCPUStride }
func ring0Top(i int) uint64       { return perCPUBase(i) + abi.PerCPURing0 + abi.PageSize }
func idtBase(i int) uint64        { return perCPUBase(i) + abi.PerCPUIDT }
func tssBase(i int) uint64        { return perCPUBase(i) + abi.PerCPUTSS }
func stubBase(i int) uint64       { return tssBase(i) + 0x200 }
func kernelStackTop(i int) uint64 { return perCPUBase(i) + abi.PerCPUStride }
func gdtBase(i int) uint64        { return abi.SystemGPA + uint64(i)*gdtEntries*8 }

// layout is where everything above the image lies; see abi's memory map.
type layout struct {
	tables, tablesEnd  uint64
	stack, stackEnd    uint64 // the page below stack is the guard
	net, netEnd        uint64 // what the network device shares with its driver
	mapped             uint64 // the mapped archive, up to initrd
	initrd, initrdSize uint64
	memStart, memEnd   uint64
	memLimit           uint64
}

const (
	// stackSize is the initial stack: Go takes 64 KiB of it for the first
	// thread's g0; argument strings come on top.
	stackSize = 96 << 10

	// reserveRoom is address space beyond the memory limit, for what Go's
	// allocator reserves and never uses; it costs page table entries only.
	reserveRoom = 32 << 20

	// minMemory is the least memory left for the program's heap with which
	// Go's runtime starts.
	minMemory = 6 << 20

	// maxMemory bounds the size of a VM.
	maxMemory = 1 << 40
)

// newLayout places everything for an image that ends at imageEnd. mem is the
// whole memory of the VM in bytes: the image, the stack and the heap share it.
// mapped is the size of the archive that is mapped and takes none of it; net is
// the size of what the network device needs, a multiple of a page.
func newLayout(imageEnd, mem, args, mapped, initrd, net uint64) (*layout, error) {
	if mem > maxMemory {
		return nil, &Error{"lay out memory", errMemory}
	}
	// So that no sum wraps.
	args, mapped, initrd = min(args, 2*maxMemory), min(mapped, 2*maxMemory), min(initrd, 2*maxMemory)
	l := &layout{}
	l.tables = pageUp(imageEnd)
	fixed := pageUp(args) + stackSize + net + pageUp(initrd)
	// The tables map themselves, so their number depends on itself.
	for n := uint64(0); ; {
		small := l.tables + n*abi.PageSize + abi.PageSize + fixed + pageUp(mapped)
		need := tablePages(hugeUp(small)+hugeUp(mem+reserveRoom), small)
		if need <= n {
			l.tablesEnd = l.tables + n*abi.PageSize
			break
		}
		n = need
	}
	l.stack = l.tablesEnd + abi.PageSize
	l.stackEnd = l.stack + stackSize + pageUp(args)
	l.net, l.netEnd = l.stackEnd, l.stackEnd+net
	l.mapped = l.netEnd
	l.initrd, l.initrdSize = l.mapped+pageUp(mapped), initrd
	l.memStart = hugeUp(l.initrd + initrd)
	used := imageEnd - abi.ImageGPA + fixed
	if mem < used+minMemory {
		return nil, &MemoryError{Have: mem, Need: used + minMemory}
	}
	l.memLimit = mem - used
	l.memEnd = l.memStart + hugeUp(l.memLimit+reserveRoom)
	return l, nil
}

func pageUp(n uint64) uint64   { return ceil(n, abi.PageSize) * abi.PageSize }
func pageDown(n uint64) uint64 { return n / abi.PageSize * abi.PageSize }
func hugeUp(n uint64) uint64   { return ceil(n, abi.HugePage) * abi.HugePage }
