package host

import (
	"fmt"
	"strings"
)

// Class returns the label under which results of this machine are stored: what
// kind of machine it is, not which one. Examples: kvm-pvm-nested-epyc-2c,
// kvm-intel-metal-xeon-16c, nokvm-vm-epyc-4c.
func (s *Snapshot) Class() string {
	parts := []string{s.VMM()}
	if s.KVM.Vendor == "none" {
		parts[0] = "nokvm"
	}
	switch {
	case s.KVM.Nested():
		parts = append(parts, "nested")
	case s.KVM.Hypervisor:
		parts = append(parts, "vm")
	default:
		parts = append(parts, "metal")
	}
	parts = append(parts, family(s.CPU.Model), fmt.Sprintf("%dc", s.CPU.Threads))
	return strings.Join(parts, "-")
}

// VMM returns the value of the .bench file key vmm: kvm-pvm, kvm-amd, kvm-intel,
// kvm-unknown or none.
func (s *Snapshot) VMM() string {
	if s.KVM.Vendor == "none" {
		return "none"
	}
	return "kvm-" + s.KVM.Vendor
}

// family picks the product line out of a processor's model name.
func family(model string) string {
	for _, f := range []string{"EPYC", "Xeon", "Ryzen", "Core", "Threadripper", "Atom", "Graviton", "Neoverse"} {
		if strings.Contains(model, f) {
			return strings.ToLower(f)
		}
	}
	return "cpu"
}
