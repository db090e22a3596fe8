package main

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"unibench/workloads/internal/server"
)

// service serves connections from one store.
type service struct {
	clock    func() time.Time
	started  time.Time
	commands map[string]command

	clients     atomic.Int64 // connected now
	connections atomic.Int64 // since the start
	requests    atomic.Int64 // since the start, counted when answered

	// earlier has room for one notice that a key expires before sweepAt.
	earlier chan struct{}

	mu      sync.Mutex // guards what follows
	store   *store
	sweepAt int64 // when the sweeper wakes up, 0: not
}

func newService(clock func() time.Time) *service {
	return &service{
		clock: clock, started: clock(), commands: commandTable(), store: newStore(), earlier: make(chan struct{}, 1),
	}
}

// now returns milliseconds since 1970.
func (s *service) now() int64 { return s.clock().UnixMilli() }

// serve handles connections until ctx ends, and then ends them.
func (s *service) serve(ctx context.Context, l *net.TCPListener) error {
	var sweeper sync.WaitGroup
	defer sweeper.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the sweeper, on errors too
	sweeper.Go(func() { s.sweep(ctx) })
	return server.Serve(ctx, l, s.handle)
}

// handle serves one connection.
func (s *service) handle(conn *net.TCPConn) {
	s.connections.Add(1)
	s.clients.Add(1)
	defer s.clients.Add(-1)
	newSession(s).serve(conn)
}

// sweepMost is how many keys are removed without letting requests in between.
const sweepMost = 256

// sweep removes keys soon after their time, also those that nobody asks for.
func (s *service) sweep(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.earlier:
		case <-timer.C:
		}
		s.mu.Lock()
		now := s.now()
		s.sweepAt = s.store.sweep(now, sweepMost)
		next := s.sweepAt
		s.mu.Unlock()
		if next != 0 {
			timer.Reset(time.Duration(max(next-now, 0)) * time.Millisecond)
		}
	}
}

// expire sets when a key ends. The caller holds the lock.
func (s *service) expire(e *entry, at int64) {
	s.store.expire(e, at)
	if s.sweepAt == 0 || at < s.sweepAt {
		s.sweepAt = at
		select {
		case s.earlier <- struct{}{}:
		default: // a notice waits already
		}
	}
}
