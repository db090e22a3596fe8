// Package vmm is the virtual machine monitor: it builds a VM around an image
// (memory, page tables, descriptor tables, registers), runs its vCPUs under
// KVM and serves their hypercalls (package abi). There is no firmware, no PCI,
// no interrupt controller and no emulated platform; a vCPU starts in 64-bit
// code at CPL 3 with paging on, and almost all of its life it executes the
// program.
//
// Trust: every byte of guest memory, every register and every exit is hostile.
// What the guest gives is read once, checked, and then used; a guest that
// breaks the contract ends its VM with a GuestError, and can do nothing else to
// the monitor. The guest's page tables are mapped nowhere in the guest, and its
// descriptor tables and ring-0 stubs are read-only there: a program that goes
// astray cannot change the protections made here. One that means to can get into
// ring 0 of its own VM if it has several vCPUs, since a second one can write to
// the ring-0 stack while the first returns from it; that gains it nothing that
// the monitor relies on.
//
// Why CPL 3: some hosts offer KVM without hardware virtualisation (PVM). There
// ring 0 of a guest is emulated instruction by instruction, while CPL 3 runs
// natively. On AMD and Intel hardware the choice costs nothing. For the same
// reason hypercalls are few and memory is mapped before it is touched.
//
// The network device (package virtio has its queues) interrupts nobody: a vCPU
// that waits moves frames itself and is told of them when its wait ends, a busy
// one is served by a thread beside it and looks at the queues by itself.
//
// When the VM has ended, what its threads were doing can be had as an ELF core
// (package core) or as text: Machine.WriteCore, Machine.Dump.
//
// Not here: reading stdin in advance, signal policy, statistics files and
// confinement, which package monitor adds.
package vmm
