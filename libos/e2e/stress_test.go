package e2e

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const mib = 1 << 20

// ask makes one request for /hello over a connection that is there.
func ask(conn net.Conn, r *bufio.Reader) error {
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if _, err := io.WriteString(conn, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		return err
	}
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(res.Body)
	if err == nil && (res.StatusCode != 200 || string(body) != "hello, world!\n") {
		err = fmt.Errorf("answer %s, %q", res.Status, body)
	}
	return err
}

// answers makes sure that the server still serves, over a connection of its own.
func (s *server) answers(after string) {
	s.t.Helper()
	conn := s.dial(s.t, "tcp", guestIP+":8080")
	defer conn.Close()
	if err := ask(conn, bufio.NewReader(conn)); err != nil {
		s.t.Errorf("after %s: %v", after, err)
	}
}

// grown fails the test if the server's memory has grown by more than limit bytes.
func (s *server) grown(before int64, what string, limit int64) {
	s.t.Helper()
	after := s.resident()
	s.t.Logf("%s: resident memory %d MiB before, %d MiB after", what, before/mib, after/mib)
	if after-before > limit {
		s.t.Errorf("%s: resident memory has grown by %d MiB, want at most %d MiB", what, (after-before)/mib, limit/mib)
	}
}

// open opens n connections at once, from address if it is not empty. They end with
// the test.
func (w *world) open(t testing.TB, n int, from string) []net.Conn {
	t.Helper()
	dialer := net.Dialer{Timeout: patience}
	if from != "" {
		dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(from)}
	}
	conns := make([]net.Conn, n)
	t.Cleanup(func() {
		for _, c := range conns {
			if c != nil {
				c.Close()
			}
		}
	})
	var all sync.WaitGroup
	for k := range worldThreads {
		all.Go(func() {
			for i := k; i < n; i += worldThreads {
				var err error
				w.do(func() { conns[i], err = dialer.DialContext(context.Background(), "tcp", guestIP+":8080") })
				if err != nil {
					t.Errorf("connection %d of %d: %v", i, n, err)
					return
				}
			}
		})
	}
	all.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return conns
}

// TestTenThousand holds so many connections at once and has each served twice.
func TestTenThousand(t *testing.T) {
	start(t)
	count := 10_000
	if testing.Short() {
		count = 1000
	}
	var files unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &files); err != nil || files.Cur < uint64(count)+500 {
		t.Skipf("%d open files are allowed, and %d connections need more (%v)", files.Cur, count, err)
	}
	s := plan{flags: []string{"-mem", "1G", "-cpus", "2"}}.serve(t, program(t, workload("httpd")))
	before := s.resident()
	conns := s.open(t, count, "")
	readers := make([]*bufio.Reader, count)
	for round := range 2 {
		var all sync.WaitGroup
		for k := range 16 {
			all.Go(func() {
				for i := k; i < count; i += 16 {
					if round == 0 {
						readers[i] = bufio.NewReaderSize(conns[i], 256)
					}
					if err := ask(conns[i], readers[i]); err != nil {
						t.Errorf("round %d, connection %d: %v", round, i, err)
						return
					}
				}
			})
		}
		all.Wait()
	}
	// Two buffers of 4 KiB and two stacks each are net/http's alone.
	s.grown(before, fmt.Sprintf("%d connections", count), 16*mib+int64(count)*48<<10)
	for _, c := range conns {
		c.Close()
	}
	s.answers("all were closed")
	s.stop()
}

// TestIdleServer: a server with connections that wait does nothing.
func TestIdleServer(t *testing.T) {
	start(t)
	s := plan{flags: []string{"-cpus", "2"}}.serve(t, program(t, workload("httpd")))
	conns := s.open(t, 100, "")
	for _, c := range conns {
		if err := ask(c, bufio.NewReader(c)); err != nil {
			t.Fatal(err)
		}
	}
	const span = 2 * time.Second
	// What has just been done may have an end of its own, such as a collection.
	time.Sleep(span / 4)
	before := s.cpu()
	time.Sleep(span)
	used := s.cpu() - before
	t.Logf("%v of CPU in %v with %d open connections", used, span, len(conns))
	if used > span/5 {
		t.Errorf("an idle server used %v of CPU in %v", used, span)
	}
	s.answers("resting")
	s.stop()
}

// TestStorms sends what no friend sends, and looks whether the server still serves,
// in the same memory.
func TestStorms(t *testing.T) {
	start(t)
	b := program(t, workload("httpd"))
	rng := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		name string
		run  func(t *testing.T, s *server)
	}{
		{"SYN flood", func(t *testing.T, s *server) {
			wire := s.wire(t)
			for range 50_000 {
				wire.send(t, segment{from: stranger(rng), sport: uint16(rng.Uint32()), seq: rng.Uint32(), flags: flagSYN})
			}
		}},
		{"RST storm", func(t *testing.T, s *server) {
			// Connections that are reset by their peers with requests under way.
			for range 10 {
				for _, conn := range s.open(t, 200, "") {
					io.WriteString(conn, "GET /1k HTTP/1.1\r\nHost: x\r\n\r\nGET /1k HT")
					conn.(*net.TCPConn).SetLinger(0)
					conn.Close()
				}
			}
			// Resets by guessers, one port of which is that of somebody.
			conn := s.dial(t, "tcp", guestIP+":8080")
			wire, r := s.wire(t), bufio.NewReader(conn)
			port := uint16(conn.LocalAddr().(*net.TCPAddr).Port)
			for i := range 20_000 {
				f := segment{from: host4, sport: port, seq: rng.Uint32(), flags: flagRST}
				if i%2 == 0 {
					f.from, f.sport = stranger(rng), uint16(rng.Uint32())
				}
				wire.send(t, f)
			}
			if err := ask(conn, r); err != nil {
				t.Errorf("a connection did not survive resets outside of its window: %v", err)
			}
		}},
		{"half-open", func(t *testing.T, s *server) {
			const gone = "198.18.0.50"
			var err error
			s.do(func() { err = s.address(unix.RTM_NEWADDR, gone, 32) })
			if err != nil {
				t.Fatal(err)
			}
			for i, conn := range s.open(t, 1000, gone) {
				if i%2 == 0 {
					io.WriteString(conn, "GET /hello HT")
				}
			}
			// From now on nobody answers there.
			s.do(func() { err = s.address(unix.RTM_DELADDR, gone, 32) })
			if err != nil {
				t.Fatal(err)
			}
		}},
		{"noise", func(t *testing.T, s *server) {
			wire := s.wire(t)
			for range 20_000 {
				f := segment{from: host4, sport: uint16(rng.Uint32()), seq: rng.Uint32(), flags: byte(rng.Uint32())}.frame()
				for range 1 + rng.IntN(4) {
					f[14+rng.IntN(len(f)-14)] ^= byte(1 << rng.IntN(8))
				}
				wire.write(t, f[:14+rng.IntN(len(f)-14)])
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := plan{flags: []string{"-mem", "128M"}}.serve(t, b)
			s.answers("the start")
			before := s.resident()
			c.run(t, s)
			s.answers("the " + c.name)
			s.grown(before, c.name, 48*mib)
			// Requests that never become complete are cut off at the end, and the
			// program says so by its status.
			st, status := s.end()
			if status != 0 && (status != 1 || c.name != "half-open") {
				t.Errorf("the server's exit status is %d\n%s", status, head(s.out.String()))
			}
			t.Logf("%d frames came to the guest, %d dropped before", st.Net.RxFrames, st.Net.RxDropped)
			if st.Net.RxFrames < 1000 {
				t.Errorf("only %d frames came to the guest", st.Net.RxFrames)
			}
		})
	}
}

// A segment is a TCP segment for port 8080 of the guest.
type segment struct {
	from  [4]byte
	sport uint16
	seq   uint32
	flags byte
}

const flagSYN, flagRST = 2, 4

var host4 = [4]byte(net.ParseIP(hostIP).To4())

// stranger is an address of nobody in 198.19.0.0/16.
func stranger(rng *rand.Rand) [4]byte {
	n := rng.Uint32()
	return [4]byte{198, 19, byte(n >> 8), byte(n)}
}

// frame is the segment in an Ethernet frame.
func (s segment) frame() []byte {
	be := binary.BigEndian
	f := make([]byte, 14+20+20)
	copy(f, []byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 9, 8, 0})
	ip, tcp := f[14:34], f[34:]
	ip[0], ip[3], ip[8], ip[9] = 0x45, 40, 64, 6
	copy(ip[12:], s.from[:])
	copy(ip[16:], net.ParseIP(guestIP).To4())
	be.PutUint16(ip[10:], ^sum(0, ip))
	be.PutUint16(tcp, s.sport)
	be.PutUint16(tcp[2:], 8080)
	be.PutUint32(tcp[4:], s.seq)
	tcp[12], tcp[13] = 5<<4, s.flags
	be.PutUint16(tcp[14:], 0xffff)
	be.PutUint16(tcp[16:], ^sum(6+20+uint32(sum(0, ip[12:20])), tcp))
	return f
}

// sum is the one's complement sum of RFC 1071 over an even number of bytes.
func sum(n uint32, b []byte) uint16 {
	for ; len(b) > 1; b = b[2:] {
		n += uint32(binary.BigEndian.Uint16(b))
	}
	n = n&0xffff + n>>16
	return uint16(n + n>>16)
}

// A wire sends frames to the guest.
type wire struct{ fd int }

// wire opens a packet socket on the TAP interface.
func (w *world) wire(t testing.TB) wire {
	t.Helper()
	var fd int
	var err error
	w.do(func() {
		if fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0); err == nil {
			err = unix.Bind(fd, &unix.SockaddrLinklayer{Ifindex: w.index})
		}
	})
	if err != nil {
		t.Fatalf("open a packet socket: %v", err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return wire{fd}
}

func (w wire) send(t testing.TB, s segment) { w.write(t, s.frame()) }

func (w wire) write(t testing.TB, frame []byte) {
	// The TAP's queue may be full: this host is faster than its guest.
	if _, err := unix.Write(w.fd, frame); err != nil && err != unix.ENOBUFS {
		t.Fatalf("send a frame: %v", err)
	}
}
