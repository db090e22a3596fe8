package posix

import (
	"sync"
	"sync/atomic"

	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
	"unibench/libos/guest/vfs"
)

// socketHook holds all that only programs with sockets need. Nothing but
// EnableSockets mentions the type behind it, so that the linker can leave it
// out.
type socketHook struct {
	calls socketCalls
}

type socketCalls interface {
	// call makes a call for which isSocketCall holds.
	call(num uintptr, a *Args) (uintptr, linux.Errno)
	// configured returns when the network has its addresses.
	configured()
}

// EnableSockets makes the socket calls work, and does what EnablePolling does.
// Without it they answer ENOSYS. open makes the TCP/IP stack; it is called
// once, when the stack is first needed. If it returns nil there are only unix
// and netlink sockets.
func (p *Process) EnableSockets(open func() inet.Stack) {
	p.EnablePolling()
	n := &network{p: p, open: open}
	n.names.init()
	p.sockets.Store(&socketHook{n})
}

// SetResolver names the DNS servers in /etc/resolv.conf, unless the program or
// the archive of initial files has put something else there. The TCP/IP stack's
// own servers are set without it.
func (p *Process) SetResolver(servers []inet.Addr) {
	text := "# set by the library OS\n"
	for _, a := range servers {
		text += "nameserver " + formatIP(a) + "\n"
	}
	p.fs()
	p.mu.Lock()
	node := p.resolver
	p.mu.Unlock()
	if node == nil {
		return
	}
	now, errno := p.fs().Lookup(p.fs().Root(), resolvConf, true)
	old := make([]byte, len(noResolver)+1)
	if errno != 0 || now != node || string(old[:node.ReadAt(old, 0)]) != noResolver {
		return
	}
	node.SetData([]byte(text))
	p.mu.Lock()
	p.resolver = nil
	p.mu.Unlock()
}

// isSocketCall reports whether num is answered by what EnableSockets adds.
func isSocketCall(num uintptr) bool {
	switch {
	case num >= linux.SysSocket && num <= linux.SysGetsockopt, num >= linux.SysZcProbe && num <= linux.SysZcDone:
		return true
	}
	switch num {
	case linux.SysAccept4, linux.SysRecvmmsg, linux.SysSendmmsg:
		return true
	}
	return false
}

// network is what EnableSockets adds to a process.
type network struct {
	p    *Process
	open func() inet.Stack

	opening sync.Once
	opened  inet.Stack // read after opening

	waiting sync.Once
	known   atomic.Bool // the stack has its addresses

	inodes atomic.Uint64 // of sockets and the like, made so far
	names  unixNames
	loans  [loanShards]loanTable
	bounces
}

// stack returns the TCP/IP stack, made on first use, or nil.
func (n *network) stack() inet.Stack {
	n.opening.Do(func() { n.opened = n.open() })
	return n.opened
}

// configured waits for the addresses of the network, the first time.
func (n *network) configured() {
	if n.known.Load() {
		return
	}
	n.waiting.Do(func() {
		if s := n.stack(); s != nil {
			s.WaitConfigured()
			if servers := s.Nameservers(); len(servers) > 0 {
				n.p.SetResolver(servers)
			}
		}
		n.known.Store(true)
	})
}

// reaches waits until the network is configured if a leads out of the program.
func (n *network) reaches(a *inet.Addr) {
	if n.known.Load() || isLocal(a) {
		return
	}
	n.configured()
}

// resolvConf is resolv.conf(5), and noResolver its text while no name server is
// known.
const (
	resolvConf = "/etc/resolv.conf"
	noResolver = "# no name server is known\n"
)

// remember keeps the file that SetResolver may fill in.
func (p *Process) remember(path string, node *vfs.Inode) {
	if path == resolvConf {
		p.mu.Lock()
		p.resolver = node
		p.mu.Unlock()
	}
}
