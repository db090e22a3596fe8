package loadgen

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Probe is how the first correct answer was got.
type Probe struct {
	StartNS     int64 `json:"start_ns"`     // CLOCK_MONOTONIC
	ConnectedNS int64 `json:"connected_ns"` // of the connection that was answered
	AnswerNS    int64 `json:"answer_ns"`    // the answer was complete
	Attempts    int   `json:"attempts"`
	// Last is what the last attempt that failed met.
	Last string `json:"last,omitempty"`
}

// Elapsed is the time from the start to the answer.
func (p *Probe) Elapsed() time.Duration { return time.Duration(p.AnswerNS - p.StartNS) }

// observeAt is the attempt before which the kernel's neighbour table is looked at:
// late enough for address resolution to have had its time.
const observeAt = 3

// maxAttempts is how many attempts are open at once.
const maxAttempts = 64

// attempt is a socket that connects or, if it is the chosen one, waits for the
// answer.
type attempt struct {
	fd    int
	since int64
	codec codec
}

// prober looks for the first correct answer; see the package comment.
type prober struct {
	clock     *clock
	dialer    *dialer
	newCodec  func() codec
	interval  int64 // between attempts
	life      int64 // of an attempt that does not connect
	timeout   int64 // of a connection without an answer
	deadline  int64
	buf       []byte
	out       Probe
	tries     []attempt
	chosen    bool // the only attempt is connected and has its request
	nextStart int64
	last      error
	observe   func() // called once, while there is no answer yet; may be nil
}

// run returns when there is an answer, or fails at the deadline.
func (p *prober) run(start int64) (*Probe, error) {
	p.out.StartNS = start
	p.buf = make([]byte, readBytes)
	defer p.drop(-1)
	for {
		now := p.clock.now()
		if now >= p.deadline {
			if p.last == nil {
				p.last = errTimeout
			}
			return nil, fmt.Errorf("the server did not answer within the time allowed, after %d attempts: %w", p.out.Attempts, p.last)
		}
		p.expire(now)
		if !p.chosen && now >= p.nextStart && len(p.tries) < maxAttempts {
			p.nextStart = now + p.interval
			if err := p.begin(now); err != nil {
				return nil, err
			}
		}
		ready, err := p.wait(now)
		if err != nil {
			return nil, err
		}
		for _, fd := range ready {
			if done, err := p.step(fd); done || err != nil {
				if p.last != nil {
					p.out.Last = p.last.Error()
				}
				return &p.out, err
			}
		}
	}
}

// begin makes a further attempt.
func (p *prober) begin(now int64) error {
	p.out.Attempts++
	if p.out.Attempts == observeAt && p.observe != nil {
		p.observe()
	}
	fd, err := p.dialer.start()
	if err != nil {
		return p.failed(err)
	}
	a := attempt{fd: fd, since: now, codec: p.newCodec()}
	p.tries = append(p.tries, a)
	if p.dialer.kind == unix.SOCK_DGRAM {
		p.out.ConnectedNS = now
		return p.request(a)
	}
	return nil
}

// request sends the request of an attempt.
func (p *prober) request(a attempt) error {
	if _, errno := sysSend(a.fd, a.codec.next(nil)); errno != 0 {
		p.remove(a.fd)
		return p.failed(os.NewSyscallError("send", errno))
	}
	return nil
}

// failed remembers what an attempt met, and returns it if trying again is useless.
func (p *prober) failed(err error) error {
	p.last = err
	var answer *AnswerError
	if errors.As(err, &answer) && !answer.NotYet {
		return err
	}
	for _, e := range []error{unix.EMFILE, unix.ENFILE, unix.EACCES, unix.EPERM, unix.EINVAL, unix.EAFNOSUPPORT} {
		if errors.Is(err, e) {
			return err
		}
	}
	return nil
}

// expire closes attempts that are too old.
func (p *prober) expire(now int64) {
	life := p.life
	if p.chosen {
		life = p.timeout
	}
	for i := 0; i < len(p.tries); {
		if fd := p.tries[i].fd; now-p.tries[i].since > life {
			p.last = errTimeout
			p.remove(fd)
		} else {
			i++
		}
	}
}

// wait returns the descriptors with events.
func (p *prober) wait(now int64) ([]int, error) {
	until := min(p.deadline, now+p.timeout)
	switch {
	case p.chosen:
	case len(p.tries) == maxAttempts:
		until = min(until, p.tries[0].since+p.life+1)
	default:
		until = min(until, p.nextStart)
	}
	fds := make([]unix.PollFd, 0, maxAttempts)
	for _, a := range p.tries {
		events := int16(unix.POLLOUT)
		if p.chosen || p.dialer.kind == unix.SOCK_DGRAM {
			events = unix.POLLIN
		}
		fds = append(fds, unix.PollFd{Fd: int32(a.fd), Events: events})
	}
	ts := unix.NsecToTimespec(max(0, until-now))
	if _, err := unix.Ppoll(fds, &ts, nil); err != nil {
		if errors.Is(err, unix.EINTR) {
			return nil, nil
		}
		return nil, os.NewSyscallError("ppoll", err)
	}
	var ready []int
	for _, f := range fds {
		if f.Revents != 0 {
			ready = append(ready, int(f.Fd))
		}
	}
	return ready, nil
}

// step handles an event of an attempt.
func (p *prober) step(fd int) (done bool, err error) {
	i := p.index(fd)
	if i < 0 {
		return false, nil // closed since
	}
	a := p.tries[i]
	if !p.chosen && p.dialer.kind == unix.SOCK_STREAM {
		if err := socketError(fd); err != nil {
			p.remove(fd)
			return false, p.failed(fmt.Errorf("connect: %w", err))
		}
		p.drop(fd)
		p.chosen = true
		p.tries[0].since = p.clock.now()
		p.out.ConnectedNS = p.tries[0].since
		return false, p.request(a)
	}
	n, errno := sysRead(fd, p.buf)
	switch {
	case errno == unix.EAGAIN:
		return false, nil
	case errno != 0:
		err = os.NewSyscallError("read", errno)
	case n == 0:
		err = errCut
	default:
		now := p.clock.now()
		var answers int
		if answers, err = a.codec.feed(p.buf[:n]); answers > 0 && err == nil {
			p.out.AnswerNS = now
			return true, nil
		}
	}
	if err != nil {
		p.remove(fd)
		return false, p.failed(err)
	}
	return false, nil
}

func (p *prober) index(fd int) int {
	for i := range p.tries {
		if p.tries[i].fd == fd {
			return i
		}
	}
	return -1
}

func (p *prober) remove(fd int) {
	if i := p.index(fd); i >= 0 {
		unix.Close(fd)
		p.tries = append(p.tries[:i], p.tries[i+1:]...)
	}
	p.chosen = false
}

// drop closes all attempts but one.
func (p *prober) drop(keep int) {
	kept := p.tries[:0]
	for _, a := range p.tries {
		if a.fd == keep {
			kept = append(kept, a)
		} else {
			unix.Close(a.fd)
		}
	}
	p.tries = kept
}

// neighbourWarning says whether the address resolution of the kernel can have
// delayed the first answer by up to its own interval.
func neighbourWarning(addr, arp string) string {
	ap, err := netip.ParseAddrPort(addr)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(arp) {
		f := strings.Fields(line)
		if len(f) >= 6 && f[0] == ap.Addr().String() && f[2] == "0x0" {
			return fmt.Sprintf("the neighbour entry of %s on %s was incomplete while the server started: the time of the first response depends on the interval of ARP requests; make a permanent entry", f[0], f[5])
		}
	}
	return ""
}
