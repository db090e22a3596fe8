package loadgen

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// sink is the cheapest server that gives right answers, for finding out how much
// the generator can do. It counts bytes: every request has the same length and
// gets the same answer. It is no implementation of any protocol.
type sink struct {
	poll    poller
	listen  int // TCP: accepts; UDP: the socket itself; -1: none
	wake    int // eventfd: ends the loop
	request int // bytes of a request
	answer  []byte
	echo    bool
	once    bool // closes after the first answer
	answers []byte
	have    []int // bytes of an unfinished request, by descriptor
	udp     *mmsg
	stream  *pattern // not nil: the workload stream
	streams map[int]*sinkStream
	done    chan error
	rbuf    []byte
}

// sinkListen and sinkWake are event numbers that are no descriptors.
const (
	sinkListen = -1
	sinkWake   = -2
)

// newSink makes the responder for cfg, which newSink changes so that the sink's
// answers are the right ones.
func newSink(cfg *Config) (*sink, error) {
	s := &sink{listen: -1, rbuf: make([]byte, readBytes), done: make(chan error, 1)}
	switch cfg.Protocol {
	case HTTP:
		want := newHTTPWant(cfg.HTTP)
		if !want.known() {
			body := string(make([]byte, want.length))
			cfg.HTTP.Body, cfg.HTTP.BodySHA256 = &body, ""
			want = newHTTPWant(cfg.HTTP)
		}
		s.request, s.once = len(want.request), cfg.HTTP.NewConnection
		s.answer = fmt.Appendf(nil, "HTTP/1.1 %d OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Length: %d\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s",
			cfg.HTTP.Status, len(want.body), want.body)
	case RESP:
		cfg.RESP.Keys = 1
		if t := newRESPTable(*cfg.RESP); cfg.RESP.GetPercent >= 50 {
			cfg.RESP.GetPercent = 100
			s.request, s.answer = len(t.get[0]), t.value[0]
		} else {
			cfg.RESP.GetPercent = 0
			s.request, s.answer = len(t.set[0]), t.stored
		}
	case Stream:
		s.stream, s.streams = newPattern(streamSeed), map[int]*sinkStream{}
	default:
		s.echo = true
	}
	if err := s.open(kindOf(cfg.Protocol), cfg); err != nil {
		s.closeAll()
		return nil, err
	}
	for len(s.answer) > 0 && len(s.answers) < 256<<10 {
		s.answers = append(s.answers, s.answer...)
	}
	return s, nil
}

func (s *sink) open(kind int, cfg *Config) error {
	ep, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return os.NewSyscallError("epoll_create1", err)
	}
	s.poll = poller{fd: ep, events: make([]unix.EpollEvent, eventBatch)}
	if s.wake, err = unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC); err != nil {
		return os.NewSyscallError("eventfd", err)
	}
	if s.listen, err = unix.Socket(unix.AF_INET, kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0); err != nil {
		return os.NewSyscallError("socket", err)
	}
	if err := unix.Bind(s.listen, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return os.NewSyscallError("bind", err)
	}
	if kind == unix.SOCK_DGRAM {
		s.udp = newMmsg(udpBatch, cfg.Echo.Bytes)
		s.udp.addressed()
	} else if err := unix.Listen(s.listen, 4096); err != nil {
		return os.NewSyscallError("listen", err)
	}
	sa, err := unix.Getsockname(s.listen)
	if err != nil {
		return os.NewSyscallError("getsockname", err)
	}
	cfg.Addr = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(sa.(*unix.SockaddrInet4).Port)).String()
	if err := s.watch(s.listen, sinkListen, unix.EPOLLIN); err != nil {
		return err
	}
	return s.watch(s.wake, sinkWake, unix.EPOLLIN)
}

func (s *sink) watch(fd, id int, events uint32) error {
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(s.poll.fd, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: events, Fd: int32(id)}))
}

// start runs the loop on a thread of its own, on the given processor if cpu is not
// nil.
func (s *sink) start(cpu *int) {
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the loop
		if cpu != nil {
			if err := pinThread(*cpu); err != nil {
				s.done <- err
				return
			}
		}
		s.done <- s.loop()
	}()
}

// stop ends the loop and returns what it met.
func (s *sink) stop() error {
	var one = [8]byte{1}
	_, err := unix.Write(s.wake, one[:])
	err = errors.Join(err, <-s.done)
	s.closeAll()
	return err
}

func (s *sink) closeAll() {
	for fd, n := range s.have {
		if n >= 0 {
			unix.Close(fd)
		}
	}
	for _, fd := range []int{s.poll.fd, s.wake, s.listen} {
		if fd > 0 {
			unix.Close(fd)
		}
	}
}

func (s *sink) loop() error {
	for {
		events, errno := s.poll.wait(-1)
		if errno != 0 {
			return os.NewSyscallError("epoll_pwait2", errno)
		}
		for _, e := range events {
			var err error
			switch fd := int(e.Fd); {
			case fd == sinkWake:
				return nil
			case fd == sinkListen && s.udp != nil:
				err = s.datagrams()
			case fd == sinkListen:
				err = s.accept()
			case s.stream != nil:
				err = s.streamEvent(fd, e.Events)
			default:
				err = s.serve(fd)
			}
			if err != nil {
				return err
			}
		}
	}
}

func (s *sink) accept() error {
	for {
		fd, _, err := unix.Accept4(s.listen, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		if errors.Is(err, unix.EAGAIN) {
			return nil
		}
		if errors.Is(err, unix.ECONNABORTED) || errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return os.NewSyscallError("accept4", err)
		}
		for len(s.have) <= fd {
			s.have = append(s.have, -1)
		}
		s.have[fd] = 0
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
		if err := s.watch(fd, fd, unix.EPOLLIN); err != nil {
			return err
		}
	}
}

func (s *sink) drop(fd int) {
	unix.Close(fd)
	s.have[fd] = -1
	delete(s.streams, fd)
}

// serve answers what has come on fd. A client that does not read its answers
// would hold up the others; the generator is no such client.
func (s *sink) serve(fd int) error {
	n, errno := sysRead(fd, s.rbuf)
	if errno == unix.EAGAIN {
		return nil
	}
	if errno != 0 || n == 0 {
		s.drop(fd)
		return nil
	}
	if s.echo {
		return s.write(fd, s.rbuf[:n])
	}
	have := s.have[fd] + n
	s.have[fd] = have % s.request
	for left := have / s.request * len(s.answer); left > 0; {
		part := min(left, len(s.answers))
		if err := s.write(fd, s.answers[:part]); err != nil {
			return err
		}
		left -= part
	}
	if s.once && have >= s.request {
		s.drop(fd)
	}
	return nil
}

func (s *sink) write(fd int, b []byte) error {
	for len(b) > 0 {
		n, errno := sysSend(fd, b)
		switch errno {
		case 0:
			b = b[n:]
		case unix.EAGAIN:
			ts := unix.NsecToTimespec(1e9)
			if _, err := unix.Ppoll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, &ts, nil); err != nil && !errors.Is(err, unix.EINTR) {
				return os.NewSyscallError("ppoll", err)
			}
		default:
			return nil // the next read sees it, too
		}
	}
	return nil
}

// datagrams sends back what has come.
func (s *sink) datagrams() error {
	n, errno := s.udp.recv(s.listen)
	if errno != 0 {
		return nil
	}
	s.udp.sizes(n)
	for from := 0; from < n; {
		sent, errno := s.udp.send(s.listen, from, n)
		if errno != 0 {
			sent = 1 // the client misses it and says so
		}
		from += sent
	}
	s.udp.full()
	return nil
}
