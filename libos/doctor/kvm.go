package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// KVM ioctls without arguments in memory (Linux, Documentation/virt/kvm/api.rst
// sections 4.1 and 4.4).
const (
	kvmGetAPIVersion  = 0xAE00
	kvmCheckExtension = 0xAE03
	kvmAPIVersion     = 12
)

// A capability that the monitor cannot do without (same document, sections 4
// and 7; numbers from linux/kvm.h).
type capability struct {
	number uintptr
	name   string
	since  string // first release of Linux that has it
}

func capabilities() []capability {
	return []capability{
		{3, "KVM_CAP_USER_MEMORY", "2.6.24"},
		{7, "KVM_CAP_EXT_CPUID", "2.6.26"},
		{56, "KVM_CAP_XCRS", "2.6.36"},
		{61, "KVM_CAP_GET_TSC_KHZ", "3.0"},
		{136, "KVM_CAP_IMMEDIATE_EXIT", "4.11"},
	}
}

// checkKVM opens the device and asks it; the second finding is missing if that
// fails.
func checkKVM(device string) []Finding {
	open := Finding{Name: "kvm", Detail: device + " opened"}
	fd, err := unix.Open(device, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		open.Detail = (&os.PathError{Op: "open", Path: device, Err: err}).Error()
		open.Fix = openFix(err, device)
		return []Finding{open}
	}
	defer unix.Close(fd)
	open.OK = true

	version, err := ioctl(fd, kvmGetAPIVersion, 0)
	caps := Finding{Name: "kvm api", Detail: fmt.Sprintf("version %d", version)}
	switch {
	case err != nil:
		caps.Detail = fmt.Sprintf("ask %s for its version: %v", device, err)
		caps.Fix = "this is not a KVM device: load the module kvm_intel or kvm_amd"
		return []Finding{open, caps}
	case version != kvmAPIVersion:
		caps.Fix = fmt.Sprintf("use a kernel with KVM API version %d", kvmAPIVersion)
		return []Finding{open, caps}
	}
	var missing []string
	for _, c := range capabilities() {
		if n, err := ioctl(fd, kvmCheckExtension, c.number); err != nil || n <= 0 {
			missing = append(missing, c.name+" (Linux "+c.since+")")
		}
	}
	if missing != nil {
		caps.Detail += ", missing " + strings.Join(missing, ", ")
		caps.Fix = "use a newer kernel, or a hypervisor that passes these on"
		return []Finding{open, caps}
	}
	caps.OK = true
	caps.Detail += ", all capabilities that are needed"
	return []Finding{open, caps}
}

// openFix says what to do about err, the failure to open the device.
func openFix(err error, device string) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "enable virtualisation in the firmware, or nested virtualisation on a cloud host, and load the module kvm_intel or kvm_amd; in a container, pass --device=" + device
	case errors.Is(err, fs.ErrPermission):
		return "join the group that owns " + device + ", often kvm: sudo usermod -aG kvm $USER, then log in again"
	default:
		return "load the module kvm_intel or kvm_amd, and see the kernel's log"
	}
}

// ioctl calls an ioctl whose argument is a plain number.
func ioctl(fd int, request, arg uintptr) (int, error) {
	r, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, arg)
	if errno != 0 {
		return 0, errno
	}
	return int(r), nil
}
