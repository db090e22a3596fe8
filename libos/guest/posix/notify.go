package posix

import (
	"sync"
	"sync/atomic"

	"unibench/libos/guest/linux"
)

// notifier tells those that wait for a stream that it may have become ready.
// It tells them at each change, not only when the state was different before: a
// waiter that comes between cannot miss one, and waiters ignore surplus ones,
// as with edge-triggered epoll. Telling takes no lock and allocates nothing, so
// it can be done anywhere, within a TCP/IP stack's locks too.
type notifier struct {
	list  atomic.Pointer[[]watch] // never changed once it is here
	mu    sync.Mutex              // serialises its replacement
	first [1]watch                // memory of the first list, which is often the only one
	begun bool                    // first was used
	slice []watch
}

// watch is one that waits: the runtime's poller, for a descriptor, or another
// object.
type watch struct {
	fd int
	pd uintptr
	to signaled
}

// signaled is what a notifier can tell. signal must not block nor call a
// socket, and allocates nothing.
type signaled interface {
	signal(events uint32)
	// gone says that description f of the stream ended.
	gone(f *file)
}

// Events that concern readers and writers (poll(2)).
const (
	readEvents  = linux.PollIn | linux.PollRdhup | linux.PollErr | linux.PollHup
	writeEvents = linux.PollOut | linux.PollErr | linux.PollHup
)

// notify tells all about events.
func (n *notifier) notify(hal HAL, events uint32) {
	list := n.list.Load()
	if list == nil {
		return
	}
	for i := range *list {
		(*list)[i].tell(hal, events)
	}
}

func (w *watch) tell(hal HAL, events uint32) {
	if w.to != nil {
		w.to.signal(events)
		return
	}
	mode := 0
	if events&readEvents != 0 {
		mode = 'r'
	}
	if events&writeEvents != 0 {
		mode += 'w'
	}
	if mode != 0 {
		hal.PollReady(w.pd, mode)
	}
}

// add appends w to those that are told.
func (n *notifier) add(w watch) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.append(w)
}

// append is add with mu held.
func (n *notifier) append(w watch) {
	old := n.list.Load()
	if old == nil && !n.begun {
		n.begun = true
		n.first[0] = w
		n.slice = n.first[:]
		n.list.Store(&n.slice)
		return
	}
	var next []watch
	if old != nil {
		next = append(make([]watch, 0, len(*old)+1), *old...)
	}
	next = append(next, w)
	n.list.Store(&next)
}

// remove takes out the first entry for which is says so.
func (n *notifier) remove(is func(*watch) bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	old := n.list.Load()
	if old == nil {
		return
	}
	for i := range *old {
		if !is(&(*old)[i]) {
			continue
		}
		if len(*old) == 1 {
			n.list.Store(nil)
			return
		}
		next := append(make([]watch, 0, len(*old)-1), (*old)[:i]...)
		next = append(next, (*old)[i+1:]...)
		n.list.Store(&next)
		return
	}
}

// attach adds the runtime's poller, unless it waits for that descriptor already.
func (n *notifier) attach(w watch) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if list := n.list.Load(); list != nil {
		for i := range *list {
			if (*list)[i].to == nil && (*list)[i].fd == w.fd {
				return false
			}
		}
	}
	n.append(w)
	return true
}

// detach undoes attach.
func (n *notifier) detach(fd int) {
	n.remove(func(w *watch) bool { return w.to == nil && w.fd == fd })
}

func (n *notifier) drop(to signaled) {
	n.remove(func(w *watch) bool { return w.to == to })
}

// end tells all that are not the runtime's poller that description f ended.
func (n *notifier) end(f *file) {
	if list := n.list.Load(); list != nil {
		for _, w := range *list {
			if w.to != nil {
				w.to.gone(f)
			}
		}
	}
}
