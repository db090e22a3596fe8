package netstack_test

import (
	"bytes"
	"testing"

	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
	"unibench/libos/guest/netstack"
)

// recvBuffer waits for a piece.
func (k *sock) recvBuffer(info *inet.Info) (b []byte, more bool, release func()) {
	k.t.Helper()
	for {
		b, more, release, e := k.Socket.(inet.ZeroCopy).RecvBuffer(info)
		if e == 0 {
			return b, more, release
		}
		if e != linux.EAGAIN || !k.wait() {
			k.t.Fatalf("RecvBuffer: errno %d", e)
		}
	}
}

// TestRecvBuffer: a stream comes in pieces that stay what they are until they are
// released, in any order, and are not copied.
func TestRecvBuffer(t *testing.T) {
	w := newWorld(t, nil)
	client, server := pair(t, w.a, w.b, addrB)
	data := noise(500000)
	go func() {
		client.send(data)
		client.Shutdown(inet.ShutWrite)
	}()
	type piece struct {
		b       []byte
		at      int
		release func()
	}
	var held []piece
	give := func(i int) {
		p := held[i]
		if !bytes.Equal(p.b, data[p.at:p.at+len(p.b)]) {
			t.Errorf("piece at %d changed while it was held", p.at)
		}
		p.release()
		held = append(held[:i], held[i+1:]...)
	}
	at, copied := 0, 0
	for {
		b, _, release := server.recvBuffer(nil)
		if b == nil {
			break
		}
		if !bytes.Equal(b, data[at:min(at+len(b), len(data))]) {
			t.Fatalf("piece of %d bytes at %d is wrong", len(b), at)
		}
		held = append(held, piece{b, at, release})
		at += len(b)
		if len(held) == 5 {
			give(3)
			give(0)
			give(1)
			// What is behind the loans can be read in the usual way, too.
			small := make([]byte, 100)
			if n, e := server.Recv(small, 0, nil); e == 0 {
				if !bytes.Equal(small[:n], data[at:at+n]) {
					t.Fatalf("%d bytes read behind loans at %d are wrong", n, at)
				}
				at += n
				copied += n
			}
			for len(held) > 0 {
				give(len(held) - 1)
			}
		}
		if at == len(data) {
			for len(held) > 0 {
				give(0)
			}
		}
	}
	if at != len(data) {
		t.Errorf("%d bytes came, want %d", at, len(data))
	}
	if w.statsB.CopiedIn != uint64(copied) {
		t.Errorf("CopiedIn = %d, want %d", w.statsB.CopiedIn, copied)
	}
}

// TestRecvBufferWake: a reader that was refused because everything was lent is
// told when there is something again.
func TestRecvBufferWake(t *testing.T) {
	w := newWorld(t, nil)
	client, server := pair(t, w.a, w.b, addrB)
	client.send([]byte("all"))
	b, _, release := server.recvBuffer(nil)
	if string(b) != "all" {
		t.Fatalf("RecvBuffer = %q", b)
	}
	client.Shutdown(inet.ShutWrite)
	server.until(inet.ReadShut)
	if _, e := server.Recv(make([]byte, 1), 0, nil); e != linux.EAGAIN {
		t.Errorf("Recv behind a loan: errno %d, want EAGAIN", e)
	}
	select {
	case <-server.event:
	default:
	}
	release()
	if got := server.all(); len(got) != 0 {
		t.Errorf("received %q after the end", got)
	}
}

// TestCloseWithLoan: memory that is lent outlives the socket.
func TestCloseWithLoan(t *testing.T) {
	w := newWorld(t, nil)
	client, server := pair(t, w.a, w.b, addrB)
	data := noise(1000)
	client.send(data)
	b, _, release := server.recvBuffer(nil)
	server.Close()
	if n, e := client.recv(make([]byte, 1)); n != 0 || e != 0 {
		t.Errorf("peer: Recv = %d, errno %d, want the end", n, e)
	}
	// Other traffic would use the memory if it were free.
	c, s := pair(t, w.a, w.b, addrB)
	exchange(t, c, s, make([]byte, 100000))
	if !bytes.Equal(b, data[:len(b)]) {
		t.Error("lent memory was used again")
	}
	release()
}

// TestRecvBufferDatagram: one datagram at a time, in pieces if it came so.
func TestRecvBufferDatagram(t *testing.T) {
	w := newWorld(t, nil)
	exchangeOne(t, w) // while ARP asks, gVisor may change the order of datagrams
	copied := w.statsB.CopiedIn
	server := bound(t, w.b, addrB)
	client := open(t, w.a, inet.Family4, inet.Datagram, 0)
	first, second := noise(5000), []byte("second")
	client.sendTo(first, server.local())
	client.sendTo(second, server.local())
	client.sendTo(nil, server.local())
	for _, want := range [][]byte{first, second, {}} {
		var got []byte
		for more := true; more; {
			var info inet.Info
			var b []byte
			var release func()
			b, more, release = server.recvBuffer(&info)
			if info.Size != len(want) || info.From.Port != client.local().Port {
				t.Errorf("Info = %+v, want %d bytes", info, len(want))
			}
			if _, e := server.Recv(make([]byte, 1), 0, nil); e != linux.EAGAIN {
				t.Errorf("Recv beside a loan: errno %d, want EAGAIN", e)
			}
			got = append(got, b...)
			release()
		}
		if !bytes.Equal(got, want) {
			t.Errorf("datagram of %d bytes, want %d", len(got), len(want))
		}
	}
	if got := w.statsB.CopiedIn - copied; got != 0 {
		t.Errorf("CopiedIn = %d, want 0", got)
	}
}

// TestSendBuffer: done is called once for each piece that was taken, and never for
// one that was not.
func TestSendBuffer(t *testing.T) {
	w := newWorld(t, nil)
	client, server := pair(t, w.a, w.b, addrB)
	data := noise(200000)
	go func() {
		rest := data
		calls, done := 0, make(chan struct{}, 1000)
		for len(rest) > 0 {
			n, e := client.Socket.(inet.ZeroCopy).SendBuffer(rest[:min(len(rest), 30000)], nil, func() { done <- struct{}{} })
			if e == linux.EAGAIN && client.wait() {
				continue
			}
			if e != 0 {
				t.Errorf("SendBuffer: errno %d", e)
				break
			}
			rest = rest[n:]
			calls++
		}
		for range calls {
			<-done
		}
		client.Shutdown(inet.ShutWrite)
		if _, e := client.Socket.(inet.ZeroCopy).SendBuffer(data, nil, func() { done <- struct{}{} }); e != linux.EPIPE {
			t.Errorf("SendBuffer after Shutdown: errno %d, want EPIPE", e)
		}
		if len(done) != 0 {
			t.Error("done called for what was not taken")
		}
		client.Close()
	}()
	if got := server.all(); !bytes.Equal(got, data) {
		t.Errorf("received %d bytes, not the %d that were sent", len(got), len(data))
	}
}

// TestAllocations: what a call allocates, in gVisor too: pinned so that it cannot
// grow unnoticed.
func TestAllocations(t *testing.T) {
	s, err := netstack.New(netstack.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	a, b := bound(t, s, loop4), bound(t, s, loop4)
	to, buf := b.local(), make([]byte, 64)
	var info inet.Info
	got := testing.AllocsPerRun(200, func() {
		if _, e := a.Send(buf, 0, &to); e != 0 {
			t.Fatalf("Send: errno %d", e)
		}
		if _, e := b.Recv(buf, 0, &info); e != 0 {
			t.Fatalf("Recv: errno %d", e)
		}
	})
	t.Logf("a UDP round trip over loopback allocates %v times", got)
	if got > 12 && !raced {
		t.Errorf("%v allocations for a datagram, want at most 12", got)
	}
}
