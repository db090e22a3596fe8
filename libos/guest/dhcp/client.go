package dhcp

import (
	"errors"
	"math/bits"
	"time"
)

// ErrTimeout is what Conn.Receive says when nothing came in time, and ErrClosed
// what any method says once the network is gone.
var (
	ErrTimeout = errors.New("no DHCP message in time")
	ErrClosed  = errors.New("the network is closed")
)

// errRefused is the server's NAK.
var errRefused = errors.New("the DHCP server refused the address")

// Conn sends and receives messages, on port 68 of the interface.
type Conn interface {
	// Send sends a message to port 67 of an address, all ones to everybody,
	// and sets how long from now on Receive waits for answers.
	Send(message []byte, to [4]byte, wait time.Duration) error
	// Receive receives the next message; ErrTimeout when the time is over. Of
	// a message longer than b the rest is lost.
	Receive(b []byte) (int, error)
	Close()
}

// Network is what the client configures.
type Network interface {
	// Open opens a Conn; without the address that was configured last if
	// bare is set.
	Open(bare bool) (Conn, error)
	// Configure sets the address and what comes with it, in place of what was
	// set before; nil takes it away.
	Configure(*Lease) error
	// Failed is told that nobody gave an address, and why. The client goes on.
	Failed(error)
	// Wait waits. It reports false once the client must end.
	Wait(time.Duration) bool
	// Random is a random number.
	Random() uint32
}

// Lease is an address that a server gave, and what it said with it.
type Lease struct {
	Addr   [4]byte
	Bits   int     // of the network
	Router [4]byte // zero if there is none
	DNS    [3][4]byte
	MTU    uint16 // 0 if not told
	Server [4]byte

	Renew, Rebind, Expire time.Duration // since it was given
}

// Times of the client. The first answer is awaited for a second, not four as in
// RFC 2131, 4.1: the network of a VM is short, and a program waits to start.
const (
	firstWait  = time.Second
	attempts   = 5 // each waits twice as long as the one before
	retryAfter = time.Minute
	minRenew   = time.Minute // between requests (RFC 2131, 4.4.5)
	maxLease   = 1 << 31     // seconds; a longer one is for ever
)

// Run gets an address and keeps it, until the network says that it must end.
func Run(n Network, mac [6]byte) {
	for {
		lease, err := acquire(n, mac)
		if err == nil {
			err = n.Configure(lease)
		}
		if err != nil {
			if errors.Is(err, ErrClosed) {
				return
			}
			n.Failed(err)
			if !n.Wait(retryAfter) {
				return
			}
			continue
		}
		for lease != nil {
			next, ok := keep(n, mac, lease)
			if !ok {
				return
			}
			if err := n.Configure(next); err != nil {
				n.Failed(err)
				next = nil
			}
			lease = next
		}
	}
}

// acquire asks for an address from nothing (RFC 2131, 3.1).
func acquire(n Network, mac [6]byte) (*Lease, error) {
	c, err := n.Open(true)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	m := Message{Type: Discover, XID: n.Random(), MAC: mac, Broadcast: true}
	err = ErrTimeout
	for i, wait := 0, firstWait; i < attempts; i, wait = i+1, 2*wait {
		m.Type, m.Requested, m.Server = Discover, [4]byte{}, [4]byte{}
		var offer Message
		if offer, err = ask(n, c, &m, everybody, wait); errors.Is(err, ErrClosed) {
			return nil, err
		} else if err != nil {
			continue
		}
		m.Type, m.Requested, m.Server = Request, offer.Yours, offer.Server
		var ack Message
		if ack, err = ask(n, c, &m, everybody, wait); errors.Is(err, ErrClosed) {
			return nil, err
		} else if err != nil {
			continue
		}
		return lease(&ack), nil
	}
	return nil, err
}

var everybody = [4]byte{255, 255, 255, 255}

// keep waits for the time to renew, and renews: from the server that gave the
// lease first, then from any (RFC 2131, 4.4.5). It returns nil without a lease.
func keep(n Network, mac [6]byte, l *Lease) (next *Lease, ok bool) {
	if !n.Wait(l.Renew) {
		return nil, false
	}
	passed := l.Renew
	for passed < l.Expire {
		to, until := l.Server, l.Rebind
		if passed >= l.Rebind {
			to, until = everybody, l.Expire
		}
		pause := min(max((until-passed)/2, minRenew), until-passed)
		m := Message{Type: Request, XID: n.Random(), MAC: mac, Client: l.Addr}
		wait := min(pause, 4*time.Second)
		c, err := n.Open(false)
		if err == nil {
			var ack Message
			ack, err = ask(n, c, &m, to, wait)
			c.Close()
			if err == nil {
				return lease(&ack), true
			}
		}
		if errors.Is(err, ErrClosed) {
			return nil, false
		}
		if errors.Is(err, errRefused) {
			return nil, true
		}
		if !n.Wait(pause - wait) {
			return nil, false
		}
		passed += pause
	}
	return nil, true
}

// ask sends a question, and waits for its answer.
func ask(n Network, c Conn, q *Message, to [4]byte, wait time.Duration) (Message, error) {
	if err := c.Send(q.Append(nil), to, wait); err != nil {
		return Message{}, err
	}
	var b [1500]byte
	for {
		k, err := c.Receive(b[:])
		if err != nil {
			return Message{}, err
		}
		m, err := Parse(b[:k])
		if err != nil || !m.Reply || m.XID != q.XID || m.MAC != q.MAC {
			continue
		}
		switch {
		case q.Type == Discover && m.Type == Offer && usable(m.Yours) && m.Server != [4]byte{}:
			return m, nil
		case q.Type == Request && m.Type == ACK && usable(m.Yours):
			return m, nil
		case q.Type == Request && m.Type == NAK:
			return Message{}, errRefused
		}
	}
}

// usable reports whether an address can be that of a host.
func usable(a [4]byte) bool { return a[0] != 0 && a[0] != 127 && a[0] < 224 }

// lease is what an ACK gives.
func lease(m *Message) *Lease {
	l := &Lease{Addr: m.Yours, DNS: m.DNS, MTU: m.MTU, Server: m.Server}
	if usable(m.Router) {
		l.Router = m.Router
	}
	mask := uint32(m.Mask[0])<<24 | uint32(m.Mask[1])<<16 | uint32(m.Mask[2])<<8 | uint32(m.Mask[3])
	if l.Bits = bits.LeadingZeros32(^mask); mask == 0 {
		l.Bits = 24 // a server that says nothing
	}
	seconds := m.Lease
	if seconds == 0 || seconds > maxLease {
		seconds = maxLease
	}
	l.Expire = time.Duration(seconds) * time.Second
	l.Renew, l.Rebind = time.Duration(m.Renew)*time.Second, time.Duration(m.Rebind)*time.Second
	if l.Rebind == 0 || l.Rebind >= l.Expire {
		l.Rebind = l.Expire / 8 * 7
	}
	if l.Renew == 0 || l.Renew >= l.Rebind {
		if l.Renew = l.Expire / 2; l.Renew >= l.Rebind {
			l.Renew = l.Rebind / 2
		}
	}
	return l
}
