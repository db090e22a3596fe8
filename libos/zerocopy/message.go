package zerocopy

import "net/netip"

// Message is one datagram, or a piece of a stream.
type Message struct {
	// Data is the payload. What Recv put there is lent: it is valid, and may be
	// changed, until Release, or until Send has sent it.
	Data []byte

	// Addr is where a datagram came from or goes to. Send sends to the
	// connection's peer if it is not valid.
	Addr netip.AddrPort

	// Done, if not nil, is called once when Data is the caller's again after a
	// Send, within that or a later Send or Wait. Of a lent message it is not
	// needed: Send releases those by itself.
	Done func()

	lent lease
}

// lease is what a message owes to the connection that lent its data.
type lease struct {
	from  lender
	token uint64
}

// lender takes lent data back.
type lender interface {
	giveBack(token uint64)
}

// Lent reports whether Data was lent by Recv and not given back yet.
func (m *Message) Lent() bool { return m.lent.from != nil }

// Release gives back what Recv lent. The message must not be used afterwards.
// Calling it for anything else has no effect. It may be called after the
// connection was closed.
func (m *Message) Release() {
	m.lent.end()
	*m = Message{}
}

func (l *lease) end() {
	if l.from != nil {
		l.from.giveBack(l.token)
		*l = lease{}
	}
}

// flight is a message on its way out: what is to be done when it has left.
type flight struct {
	parts int // sends that were started and have not ended
	lent  lease
	done  func()
	data  []byte // kept alive
	next  int    // of the list of free entries
}

// flights are the messages of a connection that are on their way, by number.
// The zero value is empty.
type flights struct {
	all    []flight
	free   int // the first free entry, plus 1
	flying int // entries in use
}

// drop ends a message that will not be sent.
func (m *Message) drop() {
	m.lent.end()
	if m.Done != nil {
		m.Done()
	}
	*m = Message{}
}

// add enters m, whose lease it takes over, and returns its number.
func (f *flights) add(m *Message) int {
	i := f.free - 1
	if i < 0 {
		i = len(f.all)
		f.all = append(f.all, flight{})
	} else {
		f.free = f.all[i].next
	}
	f.all[i] = flight{lent: m.lent, done: m.Done, data: m.Data}
	m.lent = lease{}
	f.flying++
	return i
}

// end notes that parts sends of message i have ended.
func (f *flights) end(i, parts int) {
	if f.all[i].parts -= parts; f.all[i].parts == 0 {
		f.land(i)
	}
}

// land ends message i: nobody uses its data any more.
func (f *flights) land(i int) {
	m := f.all[i]
	f.all[i] = flight{next: f.free}
	f.free = i + 1
	f.flying--
	m.lent.end()
	if m.done != nil {
		m.done()
	}
}
