package main

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// server serves connections from one store.
type server struct {
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

func newServer(clock func() time.Time) *server {
	return &server{
		clock: clock, started: clock(), commands: commandTable(), store: newStore(), earlier: make(chan struct{}, 1),
	}
}

// now returns milliseconds since 1970.
func (s *server) now() int64 { return s.clock().UnixMilli() }

// serve handles connections until ctx ends, and then ends them.
func (s *server) serve(ctx context.Context, l net.Listener) error {
	var running sync.WaitGroup
	defer running.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the connections, on errors too
	defer context.AfterFunc(ctx, func() { l.Close() })()
	running.Go(func() { s.sweep(ctx) })
	for {
		conn, err := l.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		running.Go(func() {
			defer conn.Close()
			defer context.AfterFunc(ctx, func() { conn.Close() })()
			s.connections.Add(1)
			s.clients.Add(1)
			defer s.clients.Add(-1)
			newSession(s).serve(conn)
		})
	}
}

// sweepMost is how many keys are removed without letting requests in between.
const sweepMost = 256

// sweep removes keys soon after their time, also those that nobody asks for.
func (s *server) sweep(ctx context.Context) {
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
func (s *server) expire(e *entry, at int64) {
	s.store.expire(e, at)
	if s.sweepAt == 0 || at < s.sweepAt {
		s.sweepAt = at
		select {
		case s.earlier <- struct{}{}:
		default: // a notice waits already
		}
	}
}
