// Package kvm is a thin, typed layer over the ioctls of /dev/kvm that this
// project needs (Documentation/virt/kvm/api.rst of Linux). It holds no policy.
//
// It runs in the monitor's process; the descriptors it returns belong to the
// caller. A vCPU descriptor is to be used from one thread at a time. There is
// no in-kernel interrupt controller, no dirty logging and no device here: this
// project's guests need none.
package kvm
