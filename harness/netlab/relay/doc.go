// Package relay is a wire with delay, loss, reordering and a limited rate: a loop
// that copies Ethernet frames between two packet sockets (packet(7)).
//
// It is used on every kernel, also where there is netem. That has no place for
// frames that a virtual machine sends through a TAP, drops and delays the large
// frames of offloads as one, and throws other dice on other kernels: worlds could
// not be compared, neither of targets nor of hosts.
//
//	          split like   lost?     line of Rate      Delay
//	socket -> a NIC does -> dice --> [ Queue frames ] -> [ heap by time ] -> socket
//
// Each direction has its own line, queue and dice. A frame that is drawn for
// reordering skips the delay, as in netem, and so passes those before it. The
// dice are seeded per direction and thrown once per frame and kind, in order of
// arrival: the same frames in the same order meet the same fate.
//
// Frames that are larger than the wire's, which kernels hand over for their
// network cards to split (TSO, USO), are split here, so that loss, queue and
// rate see what a wire sees and the offloads of both sides can stay on. Checksums
// that were left to the card stay left to the other side, which takes them as
// they are (virtio 1.2, section 5.1.6.2, VIRTIO_NET_HDR_F_NEEDS_CSUM).
//
// Run is the loop, meant for a process of its own on a processor of its own. It
// does not allocate in the steady state. Frames leave when their time has come
// and the loop is awake, up to some 50 us late; the line of Rate counts its own
// time, so lateness costs no throughput. BenchmarkThroughput and BenchmarkRTT of
// package netlab say what it costs: choose rates well below its own.
package relay
