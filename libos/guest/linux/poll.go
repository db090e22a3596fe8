package linux

// Events of poll(2) and epoll(7).
const (
	PollIn     = 0x001
	PollPri    = 0x002
	PollOut    = 0x004
	PollErr    = 0x008
	PollHup    = 0x010
	PollNval   = 0x020
	PollRdnorm = 0x040
	PollRdband = 0x080
	PollWrnorm = 0x100
	PollWrband = 0x200
	PollRdhup  = 0x2000

	EpollExclusive = 1 << 28
	EpollWakeup    = 1 << 29
	EpollOneshot   = 1 << 30
	EpollEt        = 1 << 31

	EpollCtlAdd = 1
	EpollCtlDel = 2
	EpollCtlMod = 3

	EfdSemaphore = 1
)

// Pollfd is struct pollfd.
type Pollfd struct {
	FD              int32
	Events, Revents int16
}

// EpollEvent is struct epoll_event of x86-64, which is packed: 12 bytes.
type EpollEvent struct {
	Events uint32
	Data   [2]uint32
}
