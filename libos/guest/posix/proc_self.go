package posix

import (
	"unibench/libos/guest/linux"
	"unibench/libos/guest/vfs"
)

// appPath is the name of the image in the file system of the program, where there
// is no such file: the program is in memory only.
const appPath = "/app"

// findExe returns the name of the program's file: the one that it was called by, if
// the archive has a copy there, or appPath.
func (p *Process) findExe(fs *vfs.FS) string {
	if args := p.hal.Describe().Args; len(args) > 0 && args[0] != "" && args[0][0] == '/' {
		n, errno := fs.Lookup(fs.Root(), args[0], true)
		if errno == 0 && n.Kind() == linux.ModeRegular {
			return args[0]
		}
	}
	return appPath
}

// procSelf is the folder of the process: what a thread has, and its threads.
func (p *Process) procSelf() vfs.Virtual {
	task := procFile{name: "task", dir: (*Process).procTasks}
	return &procDir{p: p, files: append([]procFile{task}, threadFiles...)}
}

// threadFiles lists the files of /proc/self that a thread has too.
var threadFiles = []procFile{
	{name: "net", files: []procFile{
		{name: "igmp", data: "Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n"},
		{name: "igmp6"},
	}},
	{name: "cmdline", text: func(p *Process) []byte { return zeroEnded(p.hal.Describe().Args) }},
	{name: "environ", text: func(p *Process) []byte { return zeroEnded(p.hal.Describe().Env) }, perm: 0o400},
	{name: "comm", text: func(p *Process) []byte { return []byte(p.name() + "\n") }, perm: 0o644},
	{name: "exe", link: func(p *Process) string { return p.exe }},
	{name: "root", to: "/"},
	{name: "cwd", link: (*Process).cwdPath},
	{name: "stat", text: (*Process).procSelfStat},
	{name: "statm", text: (*Process).procStatm},
	{name: "status", text: (*Process).procStatus},
	{name: "limits", text: (*Process).procLimits},
	{name: "maps", text: (*Process).procMaps},
	{name: "cgroup", data: "0::/\n"},
	{name: "mounts", data: "tmpfs / tmpfs rw 0 0\nproc /proc proc rw 0 0\nsysfs /sys sysfs ro 0 0\n"},
	{name: "mountinfo", data: "1 1 0:1 / / rw - tmpfs tmpfs rw\n2 1 0:5 / /proc rw - proc proc rw\n3 1 0:5 / /sys ro - sysfs sysfs ro\n"},
	{name: "oom_score", data: "0\n"},
	{name: "oom_score_adj", data: "0\n", perm: 0o644},
	{name: "loginuid", data: "4294967295", perm: 0o644},
	{name: "uid_map", data: "         0          0 4294967295\n", perm: 0o644},
	{name: "gid_map", data: "         0          0 4294967295\n", perm: 0o644},
	{name: "setgroups", data: "allow\n", perm: 0o644},
	{name: "fd", perm: 0o500, dir: (*Process).procFDs},
	{name: "fdinfo", dir: (*Process).procFDInfos},
}

// procTasks lists the threads.
func (p *Process) procTasks() vfs.Virtual {
	return &procNumbers{all: p.hal.Threads, make: func(self *vfs.Inode, tid int) *vfs.Inode {
		return p.newProcDir(self, decimal(tid), &procDir{p: p, files: threadFiles}, 0o555)
	}}
}

// zeroEnded joins strings, a zero behind each.
func zeroEnded(list []string) (b []byte) {
	for _, s := range list {
		b = append(append(b, s...), 0)
	}
	return b
}

// commLen is the most characters of a name (TASK_COMM_LEN with its zero is 16).
const commLen = 15

// name is what the process calls itself: its file, or what prctl set.
func (p *Process) name() string {
	p.mu.Lock()
	name := p.comm
	p.mu.Unlock()
	if name == "" {
		args := p.hal.Describe().Args
		if len(args) == 0 {
			return appPath[1:]
		}
		name = args[0]
		for i := len(name) - 1; i >= 0; i-- {
			if name[i] == '/' {
				name = name[i+1:]
				break
			}
		}
	}
	return name[:min(len(name), commLen)]
}

// cwdPath returns the path of the working folder.
func (p *Process) cwdPath() string {
	p.mu.Lock()
	cwd := p.cwd
	p.mu.Unlock()
	return cwd.NameLocked()
}

// used returns the bytes of memory in use.
func (p *Process) used() uint64 {
	total, free := p.hal.MemInfo()
	return total - free
}

// imageSize returns the bytes of the program that can be executed, and of all
// the rest.
func (p *Process) imageSize() (text, rest uint64) {
	for _, s := range p.hal.Describe().Image {
		if n := uint64(s.End - s.Start); s.Prot&linux.ProtExec != 0 {
			text += n
		} else {
			rest += n
		}
	}
	return text, rest
}

// procSelfStat has the fields of proc_pid_stat(5); those that mean nothing here
// are 0.
func (p *Process) procSelfStat() []byte {
	text, rest := p.imageSize()
	used := p.used()
	values := [...]int{
		0, pid, pid, 0, -1, 0, 0, 0, 0, 0, // ppid pgrp session tty tpgid flags faults
		int(p.hal.CPUTime() / clockTick), 0, 0, 0, 20, 0, // utime stime cutime cstime priority nice
		len(p.hal.Threads()), 0, int(p.hal.Describe().StartNanos / clockTick),
		int(used + text + rest), int((used + text + rest) / vfs.PageSize),
	}
	s := "1 (" + p.name() + ") R"
	for _, v := range values {
		s += " " + signed(v)
	}
	const fields = 52
	s += " 18446744073709551615"
	for n := 3 + len(values) + 1; n < fields; n++ {
		s += " 0"
	}
	return []byte(s + "\n")
}

func signed(n int) string {
	if n < 0 {
		return "-" + decimal(-n)
	}
	return decimal(n)
}

func (p *Process) procStatm() []byte {
	text, rest := p.imageSize()
	all := (p.used() + text + rest) / vfs.PageSize
	return []byte(decimal(int(all)) + " " + decimal(int(all)) + " 0 " + decimal(int(text/vfs.PageSize)) + " 0 " +
		decimal(int((p.used()+rest)/vfs.PageSize)) + " 0\n")
}

func (p *Process) procStatus() (b []byte) {
	text, rest := p.imageSize()
	all := p.used() + text + rest
	p.mu.Lock()
	ids, umask := p.ids, p.umask
	p.mu.Unlock()
	four := func(r, e, s, f uint32) string {
		return "\t" + decimal(int(r)) + "\t" + decimal(int(e)) + "\t" + decimal(int(s)) + "\t" + decimal(int(f)) + "\n"
	}
	groups := "Groups:\t"
	for _, g := range ids.groups {
		groups += decimal(int(g)) + " "
	}
	b = append(b, "Name:\t"+p.name()+"\nUmask:\t"+octal(umask)+"\nState:\tR (running)\nTgid:\t1\nNgid:\t0\nPid:\t1\nPPid:\t0\nTracerPid:\t0\n"+
		"Uid:"+four(ids.uid.real, ids.uid.effective, ids.uid.saved, ids.uid.fs)+
		"Gid:"+four(ids.gid.real, ids.gid.effective, ids.gid.saved, ids.gid.fs)+
		"FDSize:\t"+decimal(len(*p.table.Load()))+"\n"+groups+"\n"...)
	for _, l := range []struct {
		name string
		n    uint64
	}{
		{"VmPeak:", all}, {"VmSize:", all}, {"VmLck:", 0}, {"VmPin:", 0}, {"VmHWM:", all}, {"VmRSS:", all},
		{"RssAnon:", p.used()}, {"RssFile:", text + rest}, {"RssShmem:", 0}, {"VmData:", p.used()},
		{"VmStk:", 0}, {"VmExe:", text}, {"VmLib:", 0}, {"VmPTE:", 0}, {"VmSwap:", 0},
	} {
		b = kilobytes(b, l.name, l.n)
	}
	const caps = "000001ffffffffff\n"
	return append(b, "Threads:\t"+decimal(len(p.hal.Threads()))+"\nSigQ:\t0/0\nCapInh:\t0000000000000000\nCapPrm:\t"+caps+"CapEff:\t"+caps+
		"CapBnd:\t"+caps+"CapAmb:\t0000000000000000\nNoNewPrivs:\t0\nSeccomp:\t0\nCpus_allowed_list:\t"+p.cpuList()+"\nMems_allowed_list:\t0\n"...)
}

func octal(n uint32) string {
	return string([]byte{'0', byte('0' + n>>6&7), byte('0' + n>>3&7), byte('0' + n&7)})
}

// limitNames are the resources of getrlimit(2) in order, with their units.
var limitNames = [linux.RlimitCount][2]string{
	{"Max cpu time", "seconds"}, {"Max file size", "bytes"}, {"Max data size", "bytes"}, {"Max stack size", "bytes"},
	{"Max core file size", "bytes"}, {"Max resident set", "bytes"}, {"Max processes", "processes"},
	{"Max open files", "files"}, {"Max locked memory", "bytes"}, {"Max address space", "bytes"},
	{"Max file locks", "locks"}, {"Max pending signals", "signals"}, {"Max msgqueue size", "bytes"},
	{"Max nice priority", ""}, {"Max realtime priority", ""}, {"Max realtime timeout", "us"},
}

func (p *Process) procLimits() []byte {
	pad := func(s string, n int) string {
		for len(s) < n {
			s += " "
		}
		return s
	}
	value := func(v uint64) string {
		if v == linux.RlimInfinity {
			return "unlimited"
		}
		return decimal(int(v))
	}
	text := pad("Limit", 26) + pad("Soft Limit", 21) + pad("Hard Limit", 21) + "Units\n"
	for i, l := range limitNames {
		r, _ := p.limit(uint32(i))
		text += pad(l[0], 26) + pad(value(r.Cur), 21) + pad(value(r.Max), 21) + l[1] + "\n"
	}
	return []byte(text)
}

// procMaps shows the image, all other memory, and the files that are mapped in
// it.
func (p *Process) procMaps() (b []byte) {
	d := p.hal.Describe()
	line := func(s span, prot int, kind string, off int64, name string) {
		perms := []byte("---" + kind)
		for i, bit := range [...]int{linux.ProtRead, linux.ProtWrite, linux.ProtExec} {
			if prot&bit != 0 {
				perms[i] = "rwx"[i]
			}
		}
		head := hex(uint64(s.start), 8) + "-" + hex(uint64(s.end), 8) + " " + string(perms) + " " + hex(uint64(off), 8) + " 00:01 0"
		for len(head) < 73 && name != "" {
			head += " "
		}
		b = append(b, head+name+"\n"...)
	}
	for _, s := range d.Image {
		line(span{s.Start, s.End}, s.Prot, "p", int64(s.Start-d.Image[0].Start), p.exe)
	}
	line(span{d.Heap.Start, d.Heap.End}, d.Heap.Prot, "p", 0, "[heap]")
	p.maps.within(span{0, maxMapping}, func(m mapping, _ *mapping) linux.Errno {
		kind := "p"
		if m.shared {
			kind = "s"
		}
		line(span{m.start, m.end}, m.prot, kind, m.off, m.node.Name())
		return 0
	})
	return b
}

// hex formats n with at least so many digits.
func hex(n uint64, digits int) (s string) {
	for ; n != 0 || len(s) < digits; n >>= 4 {
		s = string("0123456789abcdef"[n&15]) + s
	}
	return s
}
