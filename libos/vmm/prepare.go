package vmm

import (
	"syscall"

	"unibench/libos/abi"
)

const madvPopulateWrite = 23 // MADV_POPULATE_WRITE, Linux 5.14

// Sizes of what the runtime touches for certain before it reaches main.
const (
	earlyStack    = 32 << 10
	earlyMetadata = 128 << 10
	sparseRoom    = 16 << 20 // at the end of RAM: reservations, touched here and there
)

// prepare makes memory present that start-up touches for certain. A page that is
// missing when the guest touches it costs ten times as much: on a host that
// shadows page tables each first touch is an exit of 4 us and more, unless the
// page is there already when a neighbour is touched.
//
// 2 MiB pages are asked for where most of them will be used: the image and the
// heap. Errors are ignored: all this is advice, and old kernels lack some.
func (m *Machine) prepare(imageEnd uint64) {
	mem, l := m.mem, m.lay
	mem.advise(abi.ImageGPA, hugeUp(imageEnd)-abi.ImageGPA, syscall.MADV_HUGEPAGE)
	mem.advise(abi.ImageGPA, pageUp(imageEnd)-abi.ImageGPA, madvPopulateWrite)
	mem.advise(abi.BootGPA, abi.StatsGPA+abi.StatsSize-abi.BootGPA, madvPopulateWrite)
	mem.advise(perCPUBase(0), abi.PerCPUStride, madvPopulateWrite)
	mem.advise(l.tables, l.tablesEnd-l.tables, madvPopulateWrite)
	mem.advise(l.stackEnd-earlyStack, earlyStack, madvPopulateWrite)
	if l.netEnd > l.net {
		mem.advise(l.net, l.netEnd-l.net, madvPopulateWrite)
	}
	mem.advise(l.memStart, earlyMetadata, madvPopulateWrite)
	if heap := l.memStart + abi.HugePage; l.memEnd-sparseRoom > heap {
		mem.advise(heap, l.memEnd-sparseRoom-heap, syscall.MADV_HUGEPAGE)
	}
}
