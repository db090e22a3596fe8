package kvm

// ioctl request numbers: direction<<30 | size<<16 | 0xAE<<8 | number, section
// numbers refer to Documentation/virt/kvm/api.rst.
const (
	ioGetAPIVersion       = 0xAE00     // 4.1
	ioCreateVM            = 0xAE01     // 4.2
	ioCheckExtension      = 0xAE03     // 4.4
	ioGetVCPUMmapSize     = 0xAE04     // 4.5
	ioGetSupportedCPUID   = 0xC008AE05 // 4.46
	ioCreateVCPU          = 0xAE41     // 4.7
	ioSetUserMemoryRegion = 0x4020AE46 // 4.35
	ioRun                 = 0xAE80     // 4.10
	ioGetRegs             = 0x8090AE81 // 4.11
	ioSetRegs             = 0x4090AE82 // 4.12
	ioGetSregs            = 0x8138AE83 // 4.13
	ioSetSregs            = 0x4138AE84 // 4.14
	ioGetMSRs             = 0xC008AE88 // 4.18
	ioSetMSRs             = 0x4008AE89 // 4.19
	ioSetCPUID2           = 0x4008AE90 // 4.20
	ioGetVCPUEvents       = 0x8040AE9F // 4.31
	ioGetTSCKHz           = 0xAEA3     // 4.56
	ioSetXCRs             = 0x4188AEA7 // 4.45
)

// APIVersion is the only version of the interface that exists.
const APIVersion = 12

// Capabilities for System.Check.
const (
	CapUserMemory    = 3
	CapExtCPUID      = 7
	CapNRVCPUs       = 9
	CapXCRs          = 56
	CapGetTSCKHz     = 61
	CapMaxVCPUs      = 66
	CapImmediateExit = 136
)

// Exit reasons of a vCPU.
const (
	ExitUnknown       = 0
	ExitException     = 1
	ExitIO            = 2
	ExitHypercall     = 3
	ExitDebug         = 4
	ExitHLT           = 5
	ExitMMIO          = 6
	ExitShutdown      = 8
	ExitFailEntry     = 9
	ExitInterrupted   = 10
	ExitInternalError = 17
	ExitSystemEvent   = 24
)

// ExitName returns the name of an exit reason, or "exit N".
func ExitName(reason uint32) string {
	switch reason {
	case ExitException:
		return "exception"
	case ExitIO:
		return "io"
	case ExitHypercall:
		return "hypercall"
	case ExitDebug:
		return "debug"
	case ExitHLT:
		return "hlt"
	case ExitMMIO:
		return "mmio"
	case ExitShutdown:
		return "shutdown"
	case ExitFailEntry:
		return "fail-entry"
	case ExitInterrupted:
		return "interrupted"
	case ExitInternalError:
		return "internal-error"
	case ExitSystemEvent:
		return "system-event"
	}
	return "unknown"
}

// Model-specific registers (AMD64 Architecture Programmer's Manual volume 2,
// appendix A).
const (
	MSRTSC    = 0x10
	MSRSTAR   = 0xC0000081
	MSRLSTAR  = 0xC0000082
	MSRSFMASK = 0xC0000084
)
