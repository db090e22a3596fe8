package netlab

import (
	"bytes"
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Layouts of linux/ethtool.h that package unix does not have.
const (
	featureStringSet   = 4  // ETH_SS_FEATURES
	featureStringBytes = 32 // ETH_GSTRING_LEN
	stringsHeaderBytes = 12 // struct ethtool_gstrings: cmd, string_set, len
	featureHeaderBytes = 8  // struct ethtool_gfeatures: cmd, size
	featureBlockBytes  = 16 // struct ethtool_get_features_block: available, requested, active, never_changed
	setInfoBytes       = 24 // struct ethtool_sset_info with one set: cmd, reserved, sset_mask, data[1], and padding
	ifreqBytes         = 40 // struct ifreq: name, union
)

// features reads the offloads of an interface in the calling thread's namespace:
// by the kernel's names, whether each is on.
func features(name string) (map[string]bool, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open socket: %w", err)
	}
	defer unix.Close(fd)

	info := make([]byte, setInfoBytes)
	put32(info, 0, unix.ETHTOOL_GSSET_INFO)
	info[8] = 1 << featureStringSet
	if err := ethtool(fd, name, info); err != nil {
		return nil, fmt.Errorf("count offloads: %w", err)
	}
	count := int(get32(info, 16))
	const most = 4096
	if count < 1 || count > most {
		return nil, fmt.Errorf("the kernel says there are %d offloads", count)
	}

	names := make([]byte, stringsHeaderBytes+count*featureStringBytes)
	put32(names, 0, unix.ETHTOOL_GSTRINGS)
	put32(names, 4, featureStringSet)
	put32(names, 8, uint32(count))
	if err := ethtool(fd, name, names); err != nil {
		return nil, fmt.Errorf("name offloads: %w", err)
	}

	blocks := (count + 31) / 32
	values := make([]byte, featureHeaderBytes+blocks*featureBlockBytes)
	put32(values, 0, unix.ETHTOOL_GFEATURES)
	put32(values, 4, uint32(blocks))
	if err := ethtool(fd, name, values); err != nil {
		return nil, fmt.Errorf("read offloads: %w", err)
	}
	out := make(map[string]bool, count)
	for i := range count {
		from := stringsHeaderBytes + i*featureStringBytes
		text, _, _ := bytes.Cut(names[from:from+featureStringBytes], []byte{0})
		active := get32(values, featureHeaderBytes+i/32*featureBlockBytes+8)
		if len(text) > 0 {
			out[string(text)] = active>>(i%32)&1 != 0
		}
	}
	return out, nil
}

// ethtool does one SIOCETHTOOL, which reads and writes data.
func ethtool(fd int, name string, data []byte) error {
	var req [ifreqBytes]byte
	if len(name) >= unix.IFNAMSIZ {
		return fmt.Errorf("interface name %q: %w", name, unix.EINVAL)
	}
	copy(req[:], name)
	// The request holds the address of data: pinned, as the collector does
	// not see it there.
	var pin runtime.Pinner
	pin.Pin(&data[0])
	defer pin.Unpin()
	*(*uintptr)(unsafe.Pointer(&req[unix.IFNAMSIZ])) = uintptr(unsafe.Pointer(&data[0]))
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&req)))
	if errno != 0 {
		return errno
	}
	return nil
}

func put32(b []byte, at int, v uint32) { *(*uint32)(unsafe.Pointer(&b[at : at+4][0])) = v }

func get32(b []byte, at int) uint32 { return *(*uint32)(unsafe.Pointer(&b[at : at+4][0])) }
