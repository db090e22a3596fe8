package virtio

// StaleAfter is how long, in nanoseconds, a frame may lie in a queue before the
// driver tells a device that did not ask: less than what TCP timers notice, far
// more than a monitor that is awake needs.
const StaleAfter = 250_000

// NeedNotifyAt is NeedNotify of a transmit queue at a time from Net.Now: it
// also reports true, once in StaleAfter, if the device has left the oldest chain
// lying for longer than that and nobody polls. Chains that were used count as
// left until they are popped: check Late before, and Pop.
func (q *Queue[T]) NeedNotifyAt(now int64) bool {
	need := q.NeedNotify()
	late := q.Late(now)
	if late {
		q.Restamp(now)
	}
	return need || late
}

// Late reports whether the oldest chain that was not popped has been with the
// device for more than StaleAfter. now is 0 while the device polls: then nothing
// is late, and what is published has no time.
func (q *Queue[T]) Late(now int64) bool {
	stamp, ok := q.Oldest()
	if !ok || now == 0 {
		return false
	}
	if stamp == 0 {
		q.Restamp(now)
		return false
	}
	return now-stamp > StaleAfter
}

// Time returns what Publish, Late and NeedNotifyAt take: the time, or 0 while the
// device polls.
func (n *Net) Time() int64 {
	if n.Polling() {
		return 0
	}
	return max(n.platform.Now(), 1)
}
