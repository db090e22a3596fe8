package vmm

import (
	"os"
	"strconv"
	"syscall"
	"unsafe"

	"unibench/libos/vmm/kvm"
)

// The kernel computes KVM_GET_SUPPORTED_CPUID anew for each caller, by some
// hundred CPUID instructions; on a host that is itself virtual each of them
// traps, which makes a third of a millisecond. The answer is the same until the
// next boot, so it is kept in a file of the user, completed by what the processor
// says itself.

// cpuidFile is the content of the cache file.
type cpuidFile struct {
	magic [16]byte // cpuidMagic
	boot  [36]byte // the kernel's boot id
	_     [4]byte
	table kvm.CPUID
}

const cpuidMagic = "unibench cpuid 3"

const cpuidFileSize = unsafe.Sizeof(cpuidFile{})

// supportedCPUID asks the cache in folder dir, or else the kernel. An unusable
// cache is no error: it is written anew if that is possible. An empty dir means
// no cache.
func supportedCPUID(sys *kvm.System, dir string) (*kvm.CPUID, error) {
	if dir == "" {
		return askCPUID(sys)
	}
	path := dir + "/cpuid-" + strconv.Itoa(os.Getuid())
	boot, ok := bootID()
	if ok {
		if t := readCPUID(path, boot); t != nil {
			return t, nil
		}
	}
	t, err := askCPUID(sys)
	if err == nil && ok {
		writeCPUID(dir, path, boot, t)
	}
	return t, err
}

// askCPUID asks the kernel and the processor.
func askCPUID(sys *kvm.System) (*kvm.CPUID, error) {
	t := new(kvm.CPUID)
	if err := sys.SupportedCPUID(t); err != nil {
		return nil, err
	}
	completeCPUID(t, nativeCPUID)
	nameProcessor(t, nativeCPUID)
	return t, nil
}

func bootID() (id [36]byte, ok bool) {
	fd, err := syscall.Open("/proc/sys/kernel/random/boot_id", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return id, false
	}
	defer syscall.Close(fd)
	n, err := syscall.Read(fd, id[:])
	return id, err == nil && n == len(id)
}

// readCPUID returns the table in the file, or nil unless the file is this user's
// own, not writable by others, whole, and of this boot.
func readCPUID(path string, boot [36]byte) *kvm.CPUID {
	fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil
	}
	defer syscall.Close(fd)
	var st syscall.Stat_t
	if syscall.Fstat(fd, &st) != nil || int(st.Uid) != os.Getuid() || st.Mode&0o022 != 0 {
		return nil
	}
	f := new(cpuidFile)
	n, err := syscall.Read(fd, f.bytes())
	if err != nil || n != int(cpuidFileSize) || string(f.magic[:]) != cpuidMagic ||
		f.boot != boot || f.table.N == 0 || f.table.N > kvm.MaxCPUID {
		return nil
	}
	return &f.table
}

// writeCPUID replaces the file, whole or not at all.
func writeCPUID(dir, path string, boot [36]byte, t *kvm.CPUID) {
	f := &cpuidFile{boot: boot, table: *t}
	copy(f.magic[:], cpuidMagic)
	if os.MkdirAll(dir, 0o700) != nil {
		return
	}
	tmp, err := os.CreateTemp(dir, "cpuid-*.tmp")
	if err != nil {
		return
	}
	_, err = tmp.Write(f.bytes())
	if e := tmp.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		os.Remove(tmp.Name())
	}
}

func (f *cpuidFile) bytes() []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(f)), cpuidFileSize)
}
