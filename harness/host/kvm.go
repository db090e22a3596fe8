package host

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// KVMDevice is what virtual machines are made with.
const KVMDevice = "/dev/kvm"

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

// Kinds of KVM.
const (
	KindHardware = "hardware"
	KindSoftware = "software"
)

// kvm finds out which implementation stands behind /dev/kvm. PVM comes first: a
// host without hardware virtualisation can have the other modules' names too. A host
// may hide its modules; that the processor has neither VMX nor SVM then still tells
// that its KVM works without.
func (t tree) kvm(access string, flags []string) KVM {
	k := KVM{Vendor: "none", Access: access, Hypervisor: slices.Contains(flags, "hypervisor"), VhostNet: t.exists("dev/vhost-net")}
	if access == AccessMissing {
		return k
	}
	k.Vendor, k.Kind = "unknown", KindSoftware
	vendors := []string{"pvm"}
	if slices.Contains(flags, "svm") || slices.Contains(flags, "vmx") {
		k.Kind, vendors = KindHardware, append(vendors, "amd", "intel")
	}
	modules := []string{"kvm"}
	for _, vendor := range vendors {
		if t.exists("sys/module/kvm_" + vendor) {
			k.Vendor = vendor
			modules = append(modules, "kvm_"+vendor)
			break
		}
	}
	if k.Vendor == "pvm" {
		k.Kind = KindSoftware
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
