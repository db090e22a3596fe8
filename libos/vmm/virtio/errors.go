package virtio

import "strconv"

// RingError says that a queue is not as virtio demands: only a broken or hostile
// guest makes it so.
type RingError struct {
	Queue  int    // number: twice the pair, plus 1 for transmit
	What   string // what is wrong
	Detail uint64 // the value that shows it
}

func (e *RingError) Error() string {
	return "virtqueue " + strconv.Itoa(e.Queue) + ": " + e.What + " (0x" + strconv.FormatUint(e.Detail, 16) + ")"
}
