package host

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"
)

// Access to a device file.
const (
	AccessOK      = "ok"
	AccessMissing = "missing"
	AccessDenied  = "denied"
)

// deviceAccess opens the file for reading and writing, the only test that
// permissions, device control groups and absent drivers all pass through.
func deviceAccess(name string) string {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	switch {
	case err == nil:
		f.Close()
		return AccessOK
	case errors.Is(err, fs.ErrNotExist):
		return AccessMissing
	}
	return AccessDenied
}

// kvm finds out which implementation stands behind /dev/kvm. PVM comes first: a
// host without hardware virtualisation can have the other modules' names too.
func (t tree) kvm(access string, hypervisor bool) KVM {
	k := KVM{Vendor: "none", Access: access, Hypervisor: hypervisor, VhostNet: t.exists("dev/vhost-net")}
	if access == AccessMissing {
		return k
	}
	k.Vendor = "unknown"
	modules := []string{"kvm"}
	for _, vendor := range []string{"pvm", "amd", "intel"} {
		if t.exists("sys/module/kvm_" + vendor) {
			k.Vendor = vendor
			modules = append(modules, "kvm_"+vendor)
			break
		}
	}
	for _, m := range modules {
		for _, p := range t.glob("sys/module/" + m + "/parameters/*") {
			if k.Parameters == nil {
				k.Parameters = make(map[string]string)
			}
			if v := t.text(p); !strings.Contains(v, "\n") {
				k.Parameters[m+"."+path.Base(p)] = v
			}
		}
	}
	return k
}

// Nested reports whether virtual machines here run inside another one.
func (k KVM) Nested() bool { return k.Hypervisor && k.Vendor != "none" }

// Usable reports whether /dev/kvm can be opened.
func (k KVM) Usable() bool { return k.Access == AccessOK }
