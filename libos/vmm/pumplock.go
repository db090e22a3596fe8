package vmm

import "sync/atomic"

// pumpLock lets one thread at a time work on a queue pair, and nobody wait: who
// finds it taken leaves a note, and the holder goes round once more. So what is
// in the queues when enter is called is looked at after that, by whomever.
type pumpLock struct{ state atomic.Int32 }

const (
	pumpFree = iota
	pumpHeld
	pumpAgain
)

// enter reports whether the caller has the lock now. If not, its holder works
// for the caller, too.
func (l *pumpLock) enter() bool {
	for {
		switch {
		case l.state.CompareAndSwap(pumpFree, pumpHeld):
			return true
		case l.state.CompareAndSwap(pumpHeld, pumpAgain), l.state.Load() == pumpAgain:
			return false
		}
	}
}

// leave gives the lock up and returns true, or false if there is more to do
// first.
func (l *pumpLock) leave() bool {
	if l.state.CompareAndSwap(pumpHeld, pumpFree) {
		return true
	}
	l.state.Store(pumpHeld)
	return false
}

// drop gives the lock up for good, notes or not.
func (l *pumpLock) drop() { l.state.Store(pumpFree) }
