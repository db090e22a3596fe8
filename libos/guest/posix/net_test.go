package posix

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
	"unibench/libos/guest/vfs"
)

// TestNetlinkRoute makes the requests of syscall.NetlinkRIB and lets its
// parsers read the answers.
func TestNetlinkRoute(t *testing.T) {
	p, _, st := newNet(t)
	nl := must(t, p, linux.SysSocket, linux.AfNetlink, linux.SockRaw, linux.NetlinkRoute)
	must(t, p, linux.SysBind, nl, []byte{linux.AfNetlink, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 12)
	sa := make([]byte, 12)
	must(t, p, linux.SysGetsockname, nl, sa, &[1]int32{12})
	ask := func(kind uint16, flags uint16, more ...byte) []syscall.NetlinkMessage {
		t.Helper()
		req := make([]byte, linux.NlmsgHdr, 32)
		req = append(req, more...)
		putLE32(req, uint32(len(req)))
		putLE16(req[4:], kind)
		putLE16(req[6:], flags|linux.NlmFRequest)
		putLE32(req[8:], 5)
		must(t, p, linux.SysSendto, nl, req, len(req), 0, []byte{linux.AfNetlink, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 12)
		b := make([]byte, 4096)
		n := must(t, p, linux.SysRecvfrom, nl, b, len(b), 0, 0, 0)
		msgs, err := syscall.ParseNetlinkMessage(b[:n])
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range msgs {
			if m.Header.Seq != 5 || m.Header.Pid != le32(sa[4:]) {
				t.Errorf("header %+v, want sequence 5 and port %d", m.Header, le32(sa[4:]))
			}
		}
		return msgs
	}
	attrs := func(m syscall.NetlinkMessage) map[uint16]string {
		t.Helper()
		list, err := syscall.ParseNetlinkRouteAttr(&m)
		if err != nil {
			t.Fatal(err)
		}
		got := map[uint16]string{}
		for _, a := range list {
			got[a.Attr.Type] = string(a.Value)
		}
		return got
	}
	links := ask(linux.RtmGetlink, linux.NlmFDump, 0)
	if len(links) != 3 || links[2].Header.Type != linux.NlmsgDone || attrs(links[1])[linux.IflaIfname] != "eth0\x00" ||
		attrs(links[1])[linux.IflaAddress] != "\x02\x00\x00\x00\x00\x01" || links[1].Data[4] != 2 {
		t.Errorf("links: %+v", links)
	}
	if st.waited != 1 {
		t.Errorf("waited %d times for addresses", st.waited)
	}
	addrs := ask(linux.RtmGetaddr, linux.NlmFDump, 0)
	if len(addrs) != 4 || attrs(addrs[1])[linux.IfaAddress] != "\xc6\x12\x00\x02" || attrs(addrs[1])[linux.IfaBroadcast] != "\xc6\x12\x00\xff" ||
		addrs[1].Data[1] != 24 || addrs[2].Data[0] != linux.AfInet6 {
		t.Errorf("addresses: %+v", addrs)
	}
	if six := ask(linux.RtmGetaddr, linux.NlmFDump, linux.AfInet6); len(six) != 2 {
		t.Errorf("IPv6 addresses: %+v", six)
	}
	routes := ask(linux.RtmGetroute, linux.NlmFDump, 0)
	if len(routes) != 2 || attrs(routes[0])[linux.RtaGateway] != "\xc6\x12\x00\x01" || attrs(routes[0])[linux.RtaOif] != "\x02\x00\x00\x00" {
		t.Errorf("routes: %+v", routes)
	}
	one := ask(linux.RtmGetlink, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	if len(one) != 1 || attrs(one[0])[linux.IflaMtu] != "\xdc\x05\x00\x00" {
		t.Errorf("link 2: %+v", one)
	}
	for _, c := range []struct {
		kind, flags uint16
		body        []byte
		want        linux.Errno
	}{
		{linux.RtmNewlink, 0, nil, linux.EOPNOTSUPP},
		{linux.RtmGetlink, 0, []byte{0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, linux.ENODEV},
		{linux.RtmGetlink, 0, []byte{0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0}, linux.EINVAL},
		{linux.NlmsgNoop, linux.NlmFAck, nil, 0},
	} {
		m := ask(c.kind, c.flags, c.body...)
		if len(m) != 1 || m[0].Header.Type != linux.NlmsgError || int32(le32(m[0].Data)) != -int32(c.want) {
			t.Errorf("request %d: %+v, want error %d", c.kind, m, c.want)
		}
	}
	many := netlinkWriter{port: 1}
	many.serve(dumpRequest(linux.RtmGetlink), manyLinks(200))
	count := 0
	for _, d := range many.out {
		msgs, err := syscall.ParseNetlinkMessage(d)
		if err != nil || len(d) > datagramMax {
			t.Fatalf("datagram of %d bytes: %v", len(d), err)
		}
		count += len(msgs)
	}
	if count != 201 || len(many.out) < 3 {
		t.Errorf("%d messages in %d datagrams, want 201", count, len(many.out))
	}
}

func dumpRequest(kind uint16) []byte {
	b := make([]byte, linux.NlmsgHdr+1)
	putLE32(b, uint32(len(b)))
	putLE16(b[4:], kind)
	putLE16(b[6:], linux.NlmFRequest|linux.NlmFDump)
	return b
}

type manyLinks int

func (n manyLinks) Interfaces() (list []inet.Interface) {
	for i := range int(n) {
		list = append(list, inet.Interface{Index: i + 1, Name: fmt.Sprint("link", i), MTU: 1500})
	}
	return list
}

func (n manyLinks) Routes() []inet.Route { return nil }

func TestInterfaceRequests(t *testing.T) {
	p, _, _ := newNet(t)
	s := must(t, p, linux.SysSocket, linux.AfInet, linux.SockDgram, 0)
	for _, c := range []struct {
		request int
		name    string
		want    []byte
	}{
		{linux.Siocgifindex, "eth0", []byte{2, 0, 0, 0}},
		{linux.Siocgifmtu, "eth0", []byte{0xdc, 5, 0, 0}},
		{linux.Siocgifflags, "lo", []byte{0x49, 0}},
		{linux.Siocgifhwaddr, "eth0", []byte{1, 0, 2, 0, 0, 0, 0, 1}},
		{linux.Siocgifaddr, "eth0", []byte{2, 0, 0, 0, 198, 18, 0, 2}},
		{linux.Siocgifnetmask, "eth0", []byte{2, 0, 0, 0, 255, 255, 255, 0}},
		{linux.Siocgifbrdaddr, "eth0", []byte{2, 0, 0, 0, 198, 18, 0, 255}},
	} {
		b := make([]byte, linux.IfreqBytes)
		copy(b, c.name)
		must(t, p, linux.SysIoctl, s, c.request, b)
		if got := b[16 : 16+len(c.want)]; !bytes.Equal(got, c.want) {
			t.Errorf("ioctl %#x of %s = %v, want %v", c.request, c.name, got, c.want)
		}
	}
	b := make([]byte, linux.IfreqBytes)
	b[16] = 2
	must(t, p, linux.SysIoctl, s, linux.Siocgifname, b)
	if cString(b[:16]) != "eth0" {
		t.Errorf("name of interface 2 = %q", b[:16])
	}
	room := make([]byte, 100)
	if c := interfaceConf(t, p, s, room); c != 80 || cString(room[40:]) != "eth0" || room[40+20] != 198 {
		t.Errorf("SIOCGIFCONF = %d, %q", c, room)
	}
}

// TestDefaultFiles: the network's files are there, and are left alone if
// somebody has made others.
func TestDefaultFiles(t *testing.T) {
	text := func(p *Process, path string) string {
		t.Helper()
		fd := must(t, p, linux.SysOpen, path, linux.ORdonly, 0)
		b := make([]byte, 200)
		n := must(t, p, linux.SysRead, fd, b, 200)
		return string(b[:n])
	}
	p, _, st := newNet(t)
	st.dns = []inet.Addr{{Family: inet.Family4, IP: [16]byte{198, 18, 0, 53}}, {Family: inet.Family6, IP: [16]byte{0x20, 1, 15: 1}}}
	want := "# set by the library OS\nnameserver 198.18.0.53\nnameserver 2001:0000:0000:0000:0000:0000:0000:0001\n"
	if got := text(p, resolvConf); got != want {
		t.Errorf("%s = %q, want %q", resolvConf, got, want)
	}
	if got := text(p, "/proc/sys/net/core/somaxconn"); got != "4096\n" {
		t.Errorf("somaxconn = %q", got)
	}
	if got := text(p, "/etc/hosts"); !strings.Contains(got, "127.0.0.1\tlocalhost") {
		t.Errorf("/etc/hosts = %q", got)
	}
	p, _, _ = newNet(t)
	fd := must(t, p, linux.SysOpen, resolvConf, linux.OWronly|linux.OTrunc, 0)
	must(t, p, linux.SysWrite, fd, []byte("mine"), 4)
	p.SetResolver(st.dns)
	if got := text(p, resolvConf); got != "mine" {
		t.Errorf("%s = %q, want what the program wrote", resolvConf, got)
	}
	p = New(newFake())
	if got := text(p, resolvConf); got != noResolver {
		t.Errorf("%s without sockets = %q", resolvConf, got)
	}
}

// TestWithoutSockets: a program that enables no sockets has none of their code.
func TestWithoutSockets(t *testing.T) {
	symbols := func(program string) []string {
		exe := filepath.Join(t.TempDir(), program)
		if out, err := exec.Command("go", "build", "-o", exe, "./testdata/"+program).CombinedOutput(); err != nil {
			t.Fatalf("go build %s: %v\n%s", program, err, out)
		}
		out, err := exec.Command("go", "tool", "nm", exe).Output()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, name := range []string{"network", "unixSocket", "inetSocket", "netlinkSocket", "epoll", "eventfd", "unixNames", "alarms"} {
			if strings.Contains(string(out), "guest/posix.(*"+name+").") {
				got = append(got, name)
			}
		}
		return got
	}
	if got := symbols("without"); len(got) != 0 {
		t.Errorf("linked without EnableSockets: %v", got)
	}
	if got := symbols("with"); !slices.Contains(got, "network") || !slices.Contains(got, "unixSocket") {
		t.Errorf("linked with EnableSockets: only %v", got)
	}
}

// TestSendfile sends files of each kind of memory.
func TestSendfile(t *testing.T) {
	p, _, _ := newNet(t)
	c, s, _ := connectedTCP(t, p, linux.SockNonblock)
	f := must(t, p, linux.SysOpen, "/tmp/f", linux.OCreat|linux.ORdwr, 0o644)
	data := bytes.Repeat([]byte("0123456789abcdef"), 2000)
	must(t, p, linux.SysPwrite64, f, data, len(data), 70_000) // behind a hole
	all := append(make([]byte, 70_000), data...)
	var got []byte
	b := make([]byte, 50_000)
	for off := int64(0); ; {
		n, errno := sys(p, linux.SysSendfile, c, f, &off, 1<<20)
		if errno != 0 && errno != linux.EAGAIN {
			t.Fatalf("sendfile = %d", errno)
		}
		if n == 0 && errno == 0 {
			break
		}
		for {
			n, errno := sys(p, linux.SysRead, s, b, len(b))
			if errno != 0 {
				break
			}
			got = append(got, b[:n]...)
		}
	}
	if !bytes.Equal(got, all) {
		t.Errorf("received %d bytes, want %d, first difference at %d", len(got), len(all), differ(got, all[:min(len(got), len(all))]))
	}
	// A file of the image goes out without a copy.
	name := "/etc/image"
	node, _ := p.fs().Plant(name, vfs.Node{Mode: linux.ModeRegular | 0o644, Data: all})
	if node == nil {
		t.Fatal("cannot plant")
	}
	f = must(t, p, linux.SysOpen, name, linux.ORdonly, 0)
	if n := must(t, p, linux.SysSendfile, c, f, 0, 60_000); n != 60_000 {
		t.Errorf("sendfile = %d, want 60000", n)
	}
	file, _ := p.get(c)
	if sock := file.stream.(*inetSocket).sock.(*fakeSocket); len(sock.later) != 1 {
		t.Errorf("%d buffers were lent to the stack, want 1", len(sock.later))
	}
	if off := must(t, p, linux.SysLseek, f, 0, linux.SeekCur); off != 60_000 {
		t.Errorf("offset after sendfile = %d", off)
	}
	if n := must(t, p, linux.SysRead, s, b, len(b)); !bytes.Equal(b[:n], all[:n]) {
		t.Error("received other bytes than the file's")
	}
	// To a unix socket the bytes are copied.
	var pair [2]int32
	must(t, p, linux.SysSocketpair, linux.AfUnix, linux.SockStream, 0, &pair)
	if n := must(t, p, linux.SysSendfile, int(pair[0]), f, &[1]int64{69_990}, 30); n != 30 {
		t.Errorf("sendfile to a unix socket = %d", n)
	}
	if n := must(t, p, linux.SysRead, int(pair[1]), b, 100); string(b[:n]) != string(all[69_990:70_020]) {
		t.Errorf("unix socket received %q", b[:n])
	}
}
