// Package virtio is the device side of a virtio network device (virtio 1.2,
// sections 2.7 and 5.1) whose split virtqueues lie in guest memory.
//
// Every byte of a queue is hostile: the guest may write anything at any time.
// What is read is read once, checked, and then used; a queue that breaks the
// rules of 2.7 gives a RingError, after which the device must not be used, and a
// frame that breaks those of 5.1.6 is dropped and counted. Receive buffers lie
// in memory that the guest itself may write, or the queue is broken.
//
// Frames are not copied here: the backend reads into the guest's receive buffers
// and writes from its transmit buffers. The exceptions are the 12 bytes of the
// transmit header, which must not change between the check and its use, and the
// end of a frame for which the guest had too few receive buffers.
//
// Nothing here blocks, starts a goroutine or takes a lock: a Pair has one user
// at a time. Who calls Pump when, and who is told of used buffers, is package
// vmm's business.
//
// Not here: registers and interrupts (the transport is abi.NetInfo), indirect
// descriptors, the control queue, packed queues.
package virtio
