package posix

import (
	"fmt"
	"os"
	"syscall"
	"testing"

	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
)

// TestSocketArgumentsAgainstLinux makes calls with arguments that are odd or
// wrong, here and on the host. In args, fd(k) is the k-th descriptor that the
// calls before it returned.
func TestSocketArgumentsAgainstLinux(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("the host refuses raw sockets")
	}
	type fd int
	const (
		un, in, in6, nl = linux.AfUnix, linux.AfInet, linux.AfInet6, linux.AfNetlink
		st, dg, raw, sq = linux.SockStream, linux.SockDgram, linux.SockRaw, linux.SockSeqpacket
		nb              = linux.SockNonblock | linux.SockCloexec
		sock            = linux.SolSocket
	)
	b := make([]byte, 64)
	wild := 8 // a pointer that cannot be
	steps := []call{
		{"tcp", linux.SysSocket, []any{in, st | nb, 0}},
		{"udp", linux.SysSocket, []any{in, dg | nb, 0}},
		{"unix", linux.SysSocket, []any{un, st | nb, 0}},
		{"unix packets", linux.SysSocket, []any{un, dg | nb, 0}},
		{"netlink", linux.SysSocket, []any{nl, raw | nb, 0}},
		{"family -1", linux.SysSocket, []any{-1, st, 0}},
		{"family 46", linux.SysSocket, []any{46, st, 0}},
		{"family unknown", linux.SysSocket, []any{45, st, 0}},
		{"type 0", linux.SysSocket, []any{in, 0, 0}},
		{"type 11", linux.SysSocket, []any{in, 11, 0}},
		{"type unknown", linux.SysSocket, []any{in, 7, 0}},
		{"flags", linux.SysSocket, []any{in, st | 0x1000, 0}},
		{"seqpacket", linux.SysSocket, []any{in, sq, 0}},
		{"protocol", linux.SysSocket, []any{in, st, 17}},
		{"protocol -1", linux.SysSocket, []any{in, st, -1}},
		{"protocol 300", linux.SysSocket, []any{in, st, 300}},
		{"raw 0", linux.SysSocket, []any{in, raw, 0}},
		{"netlink stream", linux.SysSocket, []any{nl, st, 0}},
		{"netlink protocol 33", linux.SysSocket, []any{nl, raw, 33}},
		{"pair inet", linux.SysSocketpair, []any{in, st, 0, &[2]int32{}}},
		{"pair NULL", linux.SysSocketpair, []any{un, st, 0, 0}},
		{"pair type", linux.SysSocketpair, []any{un, 4, 0, &[2]int32{}}},
		{"bind short", linux.SysBind, []any{fd(0), in4(0), 15}},
		{"bind negative", linux.SysBind, []any{fd(0), in4(0), -1}},
		{"bind long", linux.SysBind, []any{fd(0), in4(0), 129}},
		{"bind NULL", linux.SysBind, []any{fd(0), 0, 16}},
		{"bind wild", linux.SysBind, []any{fd(0), wild, 16}},
		{"bind family", linux.SysBind, []any{fd(0), append([]byte{10, 0}, make([]byte, 26)...), 28}},
		{"bind bad descriptor", linux.SysBind, []any{-1, in4(0), 16}},
		{"bind console", linux.SysBind, []any{0, in4(0), 16}},
		{"connect short", linux.SysConnect, []any{fd(0), in4(0), 8}},
		{"connect 1", linux.SysConnect, []any{fd(0), in4(0), 1}},
		{"connect family", linux.SysConnect, []any{fd(0), append([]byte{10, 0}, make([]byte, 26)...), 28}},
		{"connect udp short", linux.SysConnect, []any{fd(1), in4(0), 8}},
		{"listen udp", linux.SysListen, []any{fd(1), 1}},
		{"listen unix unbound", linux.SysListen, []any{fd(2), 1}},
		{"accept udp", linux.SysAccept4, []any{fd(1), 0, 0, 0}},
		{"accept not listening", linux.SysAccept4, []any{fd(0), 0, 0, 0}},
		{"accept flags", linux.SysAccept4, []any{fd(0), 0, 0, 1}},
		{"accept netlink", linux.SysAccept4, []any{fd(4), 0, 0, 0}},
		{"getsockname NULL", linux.SysGetsockname, []any{fd(0), 0, &[1]int32{16}}},
		{"getsockname no room", linux.SysGetsockname, []any{fd(0), b, &[1]int32{0}}},
		{"getsockname negative", linux.SysGetsockname, []any{fd(0), b, &[1]int32{-1}}},
		{"getsockname NULL length", linux.SysGetsockname, []any{fd(0), b, 0}},
		{"getpeername", linux.SysGetpeername, []any{fd(0), b, &[1]int32{16}}},
		{"sendto unconnected", linux.SysSendto, []any{fd(1), b, 5, 0, 0, 0}},
		{"sendto short", linux.SysSendto, []any{fd(1), b, 5, 0, in4(9), 8}},
		{"sendto negative", linux.SysSendto, []any{fd(1), b, 5, 0, in4(9), -3}},
		{"sendto family", linux.SysSendto, []any{fd(1), b, 5, 0, append([]byte{10, 0}, make([]byte, 26)...), 28}},
		{"sendto urgent", linux.SysSendto, []any{fd(1), b, 5, linux.MsgOOB, 0, 0}},
		{"recv urgent", linux.SysRecvfrom, []any{fd(0), b, 5, linux.MsgOOB, 0, 0}},
		{"recv tcp errors", linux.SysRecvfrom, []any{fd(0), b, 5, linux.MsgErrqueue, 0, 0}},
		{"recv nothing", linux.SysRecvfrom, []any{fd(1), b, 5, 0, 0, 0}},
		{"recv errors", linux.SysRecvfrom, []any{fd(1), b, 5, linux.MsgErrqueue, 0, 0}},
		{"recv console", linux.SysRecvfrom, []any{0, b, 5, 0, 0, 0}},
		{"send unix", linux.SysSendto, []any{fd(2), b, 5, linux.MsgNosignal, 0, 0}},
		{"send unix packet", linux.SysSendto, []any{fd(3), b, 5, 0, 0, 0}},
		{"send too large", linux.SysSendto, []any{fd(3), make([]byte, 300_000), 300_000, 0, append([]byte{1, 0}, "/nobody\x00"...), 10}},
		{"recv unix", linux.SysRecvfrom, []any{fd(2), b, 5, 0, 0, 0}},
		{"sendmsg NULL", linux.SysSendmsg, []any{fd(1), 0, 0}},
		{"sendmsg wild", linux.SysSendmsg, []any{fd(1), wild, 0}},
		{"sendmsg pieces", linux.SysSendmsg, []any{fd(3), &msghdr{iovLen: 1025}, 0}},
		{"sendmsg pieces NULL", linux.SysSendmsg, []any{fd(3), &msghdr{iovLen: 1}, 0}},
		{"sendmsg control", linux.SysSendmsg, []any{fd(3), header2(nil, nil, make([]byte, 20)), 0}},
		{"sendmsg huge control", linux.SysSendmsg, []any{fd(3), &msghdr{controlLen: 1 << 33}, 0}},
		{"sendmsg control NULL", linux.SysSendmsg, []any{fd(3), &msghdr{controlLen: 32}, 0}},
		{"sendmsg negative name", linux.SysSendmsg, []any{fd(3), &msghdr{nameLen: 1 << 31}, 0}},
		{"recvmsg NULL", linux.SysRecvmsg, []any{fd(1), 0, 0}},
		{"sendmmsg nothing", linux.SysSendmmsg, []any{fd(1), 0, 0, 0}},
		{"recvmmsg timeout", linux.SysRecvmmsg, []any{fd(1), 0, 1, 0, &linux.Timespec{Nsec: -1}}},
		{"shutdown how", linux.SysShutdown, []any{fd(0), 3}},
		{"shutdown unconnected", linux.SysShutdown, []any{fd(0), 1}},
		{"shutdown netlink", linux.SysShutdown, []any{fd(4), 1}},
		{"setsockopt NULL", linux.SysSetsockopt, []any{fd(0), sock, linux.SoReuseaddr, 0, 4}},
		{"setsockopt short", linux.SysSetsockopt, []any{fd(0), sock, linux.SoReuseaddr, b, 3}},
		{"setsockopt negative", linux.SysSetsockopt, []any{fd(0), sock, linux.SoReuseaddr, b, -1}},
		{"setsockopt type", linux.SysSetsockopt, []any{fd(0), sock, linux.SoType, b, 4}},
		{"setsockopt passcred", linux.SysSetsockopt, []any{fd(0), sock, linux.SoPasscred, b, 4}},
		{"setsockopt unknown", linux.SysSetsockopt, []any{fd(0), sock, 999, b, 4}},
		{"setsockopt unix unknown", linux.SysSetsockopt, []any{fd(2), sock, 999, b, 4}},
		{"setsockopt unix level", linux.SysSetsockopt, []any{fd(2), 6, 1, b, 4}},
		{"setsockopt timeout short", linux.SysSetsockopt, []any{fd(0), sock, linux.SoRcvtimeo, b, 8}},
		{"setsockopt timeout", linux.SysSetsockopt, []any{fd(0), sock, linux.SoRcvtimeo, &[2]int64{0, -1}, 16}},
		{"setsockopt pktinfo empty", linux.SysSetsockopt, []any{fd(1), linux.SolIP, linux.IPPktinfo, b, 0}},
		{"setsockopt pktinfo byte", linux.SysSetsockopt, []any{fd(1), linux.SolIP, linux.IPPktinfo, b, 1}},
		{"getsockopt type", linux.SysGetsockopt, []any{fd(0), sock, linux.SoType, b, &[1]int32{4}}},
		{"getsockopt NULL length", linux.SysGetsockopt, []any{fd(0), sock, linux.SoType, b, 0}},
		{"getsockopt NULL", linux.SysGetsockopt, []any{fd(0), sock, linux.SoType, 0, &[1]int32{4}}},
		{"getsockopt negative", linux.SysGetsockopt, []any{fd(0), sock, linux.SoType, b, &[1]int32{-4}}},
		{"getsockopt unknown", linux.SysGetsockopt, []any{fd(0), sock, 999, b, &[1]int32{4}}},
		{"getsockopt console", linux.SysGetsockopt, []any{0, sock, linux.SoType, b, &[1]int32{4}}},
		{"lseek", linux.SysLseek, []any{fd(0), 0, 0}},
		{"pwrite", linux.SysPwrite64, []any{fd(0), b, 1, 0}},
		{"fsync", linux.SysFsync, []any{fd(0)}},
		{"ftruncate", linux.SysFtruncate, []any{fd(0), 0}},
		{"readv count", linux.SysReadv, []any{fd(1), vectorArg(b), 1025}},
		{"readv", linux.SysReadv, []any{fd(1), vectorArg(b, b), 2}},
		{"readv of nothing", linux.SysReadv, []any{fd(1), vectorArg(nil), 1}},
		{"read of nothing", linux.SysRead, []any{fd(1), b, 0}},
		{"ioctl unknown", linux.SysIoctl, []any{fd(0), 0x1234, 0}},
		{"ioctl terminal", linux.SysIoctl, []any{fd(0), linux.Tcgets, b}},
		{"ioctl interface", linux.SysIoctl, []any{fd(1), linux.Siocgifindex, append([]byte("none\x00"), make([]byte, 40)...)}},
		{"splice", linux.SysSplice, []any{fd(0), 0, fd(1), 0, 1, 0}},
		{"poll NULL", linux.SysPoll, []any{0, 1, 0}},
		{"ppoll time", linux.SysPpoll, []any{0, 0, &linux.Timespec{Nsec: 1e9}, 0}},
		{"select negative", linux.SysSelect, []any{-1, 0, 0, 0, &[2]int64{}}},
		{"select bad", linux.SysSelect, []any{64, &[16]uint64{1 << 60}, 0, 0, &[2]int64{}}},
		{"select time", linux.SysSelect, []any{0, 0, 0, 0, &[2]int64{-1, 0}}},
		{"epoll_create", linux.SysEpollCreate, []any{0}},
		{"epoll_create1 flags", linux.SysEpollCreate1, []any{1}},
		{"epoll_ctl NULL", linux.SysEpollCtl, []any{fd(0), linux.EpollCtlAdd, fd(1), 0}},
		{"epoll_ctl on a socket", linux.SysEpollCtl, []any{fd(0), linux.EpollCtlAdd, fd(1), &linux.EpollEvent{}}},
		{"epoll", linux.SysEpollCreate1, []any{linux.OCloexec}},
		{"epoll_ctl itself", linux.SysEpollCtl, []any{fd(5), linux.EpollCtlAdd, fd(5), &linux.EpollEvent{}}},
		{"epoll_ctl bad", linux.SysEpollCtl, []any{fd(5), linux.EpollCtlAdd, -1, &linux.EpollEvent{}}},
		{"epoll_wait on a socket", linux.SysEpollWait, []any{fd(0), b, 1, 0}},
		{"epoll_wait count", linux.SysEpollWait, []any{fd(5), b, 0, 0}},
		{"epoll read", linux.SysRead, []any{fd(5), b, 8}},
		{"eventfd flags", linux.SysEventfd2, []any{0, 2}},
		{"private call", linux.SysZcProbe, []any{-1}},
	}
	p := New(newFake())
	p.EnableSockets(func() inet.Stack { return newFakeStack() })
	var ours, real []int
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, s := range steps {
		var a, c []any
		for i, x := range s.args {
			y := x
			if k, ok := x.(fd); ok {
				x, y = ours[k], real[k]
			} else if i == 0 && x == 0 && s.num != linux.SysPoll && s.num != linux.SysPpoll && s.num != linux.SysSelect &&
				s.num != linux.SysEpollCreate && s.num != linux.SysEventfd2 {
				y = int(file.Fd()) // in the place of the console
			}
			a, c = append(a, x), append(c, y)
		}
		got, errno := sys(p, s.num, a...)
		want, wantErrno := host(s.num, c...)
		if s.num == linux.SysZcProbe {
			wantErrno = linux.EBADF // Linux has no such call
		}
		if errno != wantErrno || errno == 0 && got != want && s.num != linux.SysSocket && s.num != linux.SysEpollCreate1 {
			t.Errorf("%s = %d, error %d, want %d, error %d as on Linux", s.name, got, errno, want, wantErrno)
		}
		if (s.num == linux.SysSocket || s.num == linux.SysEpollCreate1) && errno == 0 && wantErrno == 0 {
			ours, real = append(ours, got), append(real, want)
		}
	}
	for _, f := range real {
		syscall.Close(f)
	}
	if len(ours) != 6 {
		t.Error(fmt.Sprint("descriptors: ", ours))
	}
}
