package loadgen

// The open loop gives requests to endpoints with room in turn, so that they are
// used equally. The endpoints with room are a ring of their numbers.

// offer puts endpoint id at the end of the ring if it has room.
func (w *worker) offer(id int) {
	if w.queued[id] || w.eps[id].room() == 0 {
		return
	}
	i := w.freeHead + w.freeLen
	if i >= len(w.free) {
		i -= len(w.free)
	}
	w.free[i] = int32(id)
	w.freeLen++
	w.queued[id] = true
}

// roomAgain tells that endpoint id has room since now.
func (w *worker) roomAgain(id int, now int64) {
	if w.freeLen == 0 {
		w.freedAt = now
	}
	w.offer(id)
}

// dispatch hands over all requests that are due and reports whether there were
// any.
func (w *worker) dispatch(now int64) (bool, error) {
	w.dirty = w.dirty[:0]
	for w.freeLen > 0 && w.sched.due(now) {
		id := w.free[w.freeHead]
		if w.freeHead++; w.freeHead == len(w.free) {
			w.freeHead = 0
		}
		w.freeLen--
		w.queued[id] = false
		due := w.sched.take()
		w.t.due++
		if due < w.freedAt {
			w.t.waited++
		}
		if err := w.eps[id].add(due); err != nil {
			return true, err
		}
		w.flying++
		w.dirty = append(w.dirty, id)
		w.offer(int(id))
		if len(w.dirty) == cap(w.dirty) {
			break
		}
	}
	for _, id := range w.dirty {
		// Each write takes microseconds, so each has its own time.
		if err := w.eps[id].flush(w.clock.now()); err != nil {
			return true, err
		}
	}
	return len(w.dirty) > 0, nil
}

// giveUp counts the requests that are overdue and were not sent. They enter the
// corrected latencies with the time that they have waited, which is less than
// what they would have got.
func (w *worker) giveUp(now int64) {
	for !w.sched.over() {
		due := w.sched.take()
		w.t.due++
		w.t.unsent++
		w.t.corrected.add(now - due)
	}
}
