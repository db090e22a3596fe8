package posix

import (
	"sync"
	"sync/atomic"

	"unibench/libos/guest/linux"
)

// epoll is the stream of epoll(7): a set of descriptors, those of them that
// may be ready in a list. What it waits for puts itself into the list from
// wherever it changes; epoll_wait then looks whether it is ready.
//
// Lock order: poller.nesting, scan of a set, scan of the sets in it, the locks
// of what is waited for, mu. What tells of a change takes mu only, and nothing
// is called with it held.
type epoll struct {
	p     *Process
	notes notifier

	// scan is ep->mtx of Linux: one at a time looks at the list or changes the
	// set. While an item is out of the list because someone asks whether it is
	// ready, others wait: they neither miss it nor get it twice.
	scan sync.Mutex

	mu    sync.Mutex // guards what follows and the links of items
	items map[epollKey]*epollItem
	list  []*epollItem // that may be ready
}

// epollKey names an item: a number can mean several files one after the other,
// and all stay until their description ends.
type epollKey struct {
	fd   int
	file *file
}

type epollItem struct {
	set     *epoll
	key     epollKey
	target  watched
	mask    atomic.Uint32 // events that are waited for, with flags; without events: disabled. Set with epoll.scan held
	data    [2]uint32     // guarded by epoll.scan
	listed  bool          // guarded by epoll.mu, as is the next
	removed bool
}

// epollAlways is what every item waits for.
const epollAlways = linux.PollErr | linux.PollHup

// epollFlags is what of an item's mask is no event.
const epollFlags = linux.EpollEt | linux.EpollOneshot | linux.EpollWakeup | linux.EpollExclusive

// signal puts the item into the list.
func (i *epollItem) signal(events uint32) {
	if events&i.mask.Load()&^epollFlags == 0 {
		return
	}
	i.enlist()
}

func (i *epollItem) enlist() {
	e := i.set
	e.mu.Lock()
	if i.removed {
		e.mu.Unlock()
		return
	}
	if !i.listed {
		i.listed = true
		e.list = append(e.list, i)
	}
	e.mu.Unlock()
	// Also if it was listed: a set around this one may have looked since, and
	// found that it was not ready.
	e.notes.notify(e.p.hal, linux.PollIn)
}

// gone removes the item when its description ends.
func (i *epollItem) gone(f *file) {
	if f == i.key.file {
		i.set.remove(i)
	}
}

func (e *epoll) remove(i *epollItem) {
	e.mu.Lock()
	i.removed = true
	if e.items[i.key] == i {
		delete(e.items, i.key)
	}
	e.mu.Unlock()
	i.target.waiters().drop(i)
}

func (o *poller) sysEpollCreate(flags int) (uintptr, linux.Errno) {
	if flags&^linux.OCloexec != 0 {
		return 0, linux.EINVAL
	}
	return o.p.newStream(&epoll{p: o.p, items: make(map[epollKey]*epollItem)}, flags)
}

func (o *poller) sysEpollCtl(a *Args) linux.Errno {
	op := a.int(1)
	var event linux.EpollEvent
	if op != linux.EpollCtlDel {
		var errno linux.Errno
		if event, errno = load[linux.EpollEvent](a, 3); errno != 0 {
			return errno
		}
	}
	f, errno := o.p.use(a.int(0))
	if errno != 0 {
		return errno
	}
	defer f.put()
	of, errno := o.p.use(a.int(2))
	if errno != 0 {
		return errno
	}
	defer of.put()
	target, ok := of.stream.(watched)
	if !ok {
		return linux.EPERM
	}
	e, ok := f.stream.(*epoll)
	if !ok || f == of {
		return linux.EINVAL
	}
	inner, nested := target.(*epoll)
	if nested && op == linux.EpollCtlAdd {
		// Else two of these could make a ring together.
		o.nesting.Lock()
		defer o.nesting.Unlock()
	}
	key := epollKey{a.int(2), of}
	e.scan.Lock()
	defer e.scan.Unlock()
	e.mu.Lock()
	item := e.items[key]
	e.mu.Unlock()
	switch op {
	case linux.EpollCtlAdd:
		if item != nil {
			return linux.EEXIST
		}
		if nested && !e.mayContain(inner) {
			return linux.ELOOP
		}
		e.add(key, target, event)
		return 0
	case linux.EpollCtlMod:
		if item == nil {
			return linux.ENOENT
		}
		if (item.mask.Load()|event.Events)&linux.EpollExclusive != 0 {
			return linux.EINVAL
		}
		item.data = event.Data
		item.mask.Store(event.Events | epollAlways)
		item.signal(target.ready())
		return 0
	case linux.EpollCtlDel:
		if item == nil {
			return linux.ENOENT
		}
		e.remove(item)
		return 0
	}
	return linux.EINVAL
}

// add makes an item. scan is held.
func (e *epoll) add(key epollKey, target watched, event linux.EpollEvent) {
	item := &epollItem{set: e, key: key, target: target, data: event.Data}
	item.mask.Store(event.Events | epollAlways)
	e.mu.Lock()
	e.items[key] = item
	e.mu.Unlock()
	target.waiters().add(watch{to: item})
	item.signal(target.ready())
}

// maxNested is how deep sets of sets may be (EP_MAX_NESTS of Linux).
const maxNested = 4

// mayContain reports whether inner can be put into e: neither a ring nor too
// deep (ep_loop_check of Linux).
func (e *epoll) mayContain(inner *epoll) bool {
	return inner != e && inner.below(e, 0)+1+e.above(0) <= maxNested
}

// below returns how deep e is nested, more than maxNested if it contains not.
func (e *epoll) below(not *epoll, level int) int {
	e.mu.Lock()
	var inner []*epoll
	for _, i := range e.items {
		if x, ok := i.target.(*epoll); ok {
			inner = append(inner, x)
		}
	}
	e.mu.Unlock()
	deepest := 0
	for _, x := range inner {
		if x == not || level > maxNested {
			return maxNested + 1
		}
		deepest = max(deepest, 1+x.below(not, level+1))
	}
	return deepest
}

// above returns how many sets contain e, one in the other.
func (e *epoll) above(level int) int {
	list := e.notes.list.Load()
	highest := 0
	if list == nil || level > maxNested {
		return 0
	}
	for _, w := range *list {
		if i, ok := w.to.(*epollItem); ok {
			highest = max(highest, 1+i.set.above(level+1))
		}
	}
	return highest
}

func (o *poller) sysEpollWait(a *Args, timeout int64) (uintptr, linux.Errno) {
	count := a.int(2)
	if count <= 0 || count > 1<<31/12 {
		return 0, linux.EINVAL
	}
	f, errno := o.p.use(a.int(0))
	if errno != 0 {
		return 0, errno
	}
	defer f.put()
	e, ok := f.stream.(*epoll)
	if !ok {
		return 0, linux.EINVAL
	}
	events, errno := epollEvents(a, count)
	if errno != 0 {
		return 0, errno
	}
	found := e.collect(events)
	if found == 0 && timeout != 0 {
		e.notes.block(o.p, linux.PollIn, max(timeout, 0), func() linux.Errno {
			if found = e.collect(events); found == 0 {
				return linux.EAGAIN
			}
			return 0
		})
	}
	return uintptr(found), 0
}

// collect stores the events of items that are ready. Each item of the list is
// looked at once; those that wait for a level stay in it, behind the others.
func (e *epoll) collect(events []linux.EpollEvent) (found int) {
	e.scan.Lock()
	defer e.scan.Unlock()
	e.mu.Lock()
	left := len(e.list)
	for ; left > 0 && found < len(events); left-- {
		i := e.list[0]
		e.list[0] = nil
		e.list = e.list[1:]
		i.listed = false // changes from here on list it again
		if i.removed {
			continue
		}
		mask, data := i.mask.Load(), i.data
		e.mu.Unlock()
		ready := uint32(0)
		if mask&^epollFlags != 0 {
			ready = i.target.ready() & mask &^ epollFlags
		}
		e.mu.Lock()
		if ready == 0 || i.removed {
			continue
		}
		events[found] = linux.EpollEvent{Events: ready, Data: data}
		found++
		switch {
		case mask&linux.EpollOneshot != 0:
			i.mask.Store(mask & epollFlags)
		case mask&linux.EpollEt == 0 && !i.listed:
			i.listed = true
			e.list = append(e.list, i)
		}
	}
	if len(e.list) == 0 {
		e.list = nil
	}
	e.mu.Unlock()
	return found
}

func (e *epoll) read([]byte, bool) (int, linux.Errno)  { return 0, linux.EINVAL }
func (e *epoll) write([]byte, bool) (int, linux.Errno) { return 0, linux.EINVAL }
func (e *epoll) reopen(int) (stream, linux.Errno)      { return nil, linux.ENXIO }
func (e *epoll) stat() linux.Stat {
	return linux.Stat{Dev: 9, Ino: 1, Nlink: 1, Mode: 0o600, Blksize: 4096}
}
func (e *epoll) waiters() *notifier { return &e.notes }

// ready looks at the items of the list, without taking any out.
func (e *epoll) ready() uint32 {
	e.scan.Lock()
	defer e.scan.Unlock()
	e.mu.Lock()
	list := make([]*epollItem, 0, len(e.list))
	for _, i := range e.list {
		if !i.removed {
			list = append(list, i)
		}
	}
	e.mu.Unlock()
	for _, i := range list {
		mask := i.mask.Load() &^ epollFlags
		if mask != 0 && i.target.ready()&mask != 0 {
			return linux.PollIn | linux.PollRdnorm
		}
	}
	return 0
}

func (e *epoll) close() {
	e.mu.Lock()
	items := make([]*epollItem, 0, len(e.items))
	for _, i := range e.items {
		items = append(items, i)
	}
	e.mu.Unlock()
	for _, i := range items {
		e.remove(i)
	}
}
