package netstack

import (
	"unibench/libos/guest/inet"
	"unibench/libos/guest/netstack/link"
	"unibench/libos/guest/virtio"
)

// Open makes the stack of a unikernel: with the platform's network device, if
// there is one, and the addresses that the monitor gave it. Errors mean that
// monitor and image do not fit together, which nobody can handle: it panics.
func Open(p virtio.Platform) inet.Stack {
	c := Config{Info: p.Info(), Stats: p.Stats()}
	if c.Info.Pairs > 0 {
		dev, err := virtio.Open(p)
		if err != nil {
			panic("open the network device: " + err.Error())
		}
		nic, err := link.New(dev)
		if err != nil {
			panic("start the network device: " + err.Error())
		}
		c.NIC = nic
	}
	s, err := New(c)
	if err != nil {
		panic(err.Error())
	}
	return s
}
