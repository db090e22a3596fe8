package posix

import "unibench/libos/guest/linux"

// procRoot lists the files of /proc.
var procRoot = []procFile{
	{name: "1", dir: (*Process).procSelf},
	{name: "self", to: "1"},
	{name: "thread-self", to: "1/task/1"},
	{name: "mounts", to: "self/mounts"},
	{name: "net", to: "self/net"},
	{name: "cpuinfo", text: (*Process).procCPUInfo},
	{name: "meminfo", text: (*Process).procMeminfo},
	{name: "stat", text: (*Process).procStat},
	{name: "loadavg", text: (*Process).procLoadavg},
	{name: "uptime", text: (*Process).procUptime},
	{name: "cmdline", data: "\n"},
	{name: "version", data: "Linux version " + release + " (unibench) #1\n"},
	{name: "filesystems", data: "nodev\tproc\nnodev\tsysfs\nnodev\ttmpfs\n"},
	{name: "devices", data: "Character devices:\n  1 mem\n  5 /dev/console\n\nBlock devices:\n"},
	{name: "swaps", data: "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"},
	{name: "sys", files: []procFile{
		{name: "kernel", files: []procFile{
			{name: "hostname", text: (*Process).procHostname, perm: 0o644},
			{name: "domainname", data: "(none)\n", perm: 0o644},
			{name: "osrelease", data: release + "\n"},
			{name: "ostype", data: "Linux\n"},
			{name: "version", data: version + "\n"},
			{name: "pid_max", data: "1024\n", perm: 0o644},
			{name: "threads-max", data: "1024\n", perm: 0o644},
			{name: "cap_last_cap", data: "40\n"},
			{name: "ngroups_max", data: "65536\n"},
			{name: "random", files: []procFile{
				{name: "boot_id", text: (*Process).procBootID},
				{name: "uuid", text: (*Process).newUUID},
			}},
		}},
		{name: "vm", files: []procFile{
			{name: "overcommit_memory", data: "2\n", perm: 0o644}, // what is mapped is there
			{name: "max_map_count", data: "65530\n", perm: 0o644},
		}},
		{name: "fs", files: []procFile{
			{name: "file-max", text: procMaxFiles, perm: 0o644},
			{name: "nr_open", text: procMaxFiles, perm: 0o644},
			{name: "pipe-max-size", text: func(*Process) []byte { return []byte(decimal(maxPipeSize) + "\n") }, perm: 0o644},
		}},
		{name: "net", files: []procFile{
			{name: "core", files: []procFile{
				{name: "somaxconn", text: func(*Process) []byte { return []byte(decimal(linux.SomaxConn) + "\n") }, perm: 0o644},
			}},
		}},
	}},
}

// sysRoot lists the files of /sys.
var sysRoot = []procFile{
	{name: "kernel", files: []procFile{{name: "mm", files: []procFile{{name: "transparent_hugepage", files: []procFile{
		{name: "enabled", data: "[always] madvise never\n"},
		{name: "hpage_pmd_size", data: "2097152\n"},
	}}}}}},
	{name: "devices", files: []procFile{{name: "system", files: []procFile{{name: "cpu", files: []procFile{
		{name: "online", text: (*Process).sysCPUs},
		{name: "possible", text: (*Process).sysCPUs},
		{name: "present", text: (*Process).sysCPUs},
	}}}}}},
}

func (p *Process) procHostname() []byte { return []byte(p.hal.Hostname() + "\n") }

func procMaxFiles(*Process) []byte { return []byte(decimal(maxFiles) + "\n") }

// sysCPUs is the list of processors, as a range.
func (p *Process) sysCPUs() []byte { return []byte(p.cpuList() + "\n") }

func (p *Process) cpuList() string {
	if n := p.hal.NumCPU(); n > 1 {
		return "0-" + decimal(n-1)
	}
	return "0"
}

// kilobytes appends a line of meminfo and status.
func kilobytes(b []byte, name string, n uint64) []byte {
	s := decimal(int(n >> 10))
	for pad := len(name) + len(s); pad < 24; pad++ {
		s = " " + s
	}
	return append(b, name+s+" kB\n"...)
}

func (p *Process) procMeminfo() (b []byte) {
	total, free := p.hal.MemInfo()
	files := uint64(0)
	if p.mounted.Load() {
		st := p.tree.Statfs()
		files = (st.Blocks - st.Bfree) * uint64(st.Bsize)
	}
	for _, l := range []struct {
		name string
		n    uint64
	}{
		{"MemTotal:", total}, {"MemFree:", free}, {"MemAvailable:", free}, {"Buffers:", 0}, {"Cached:", files},
		{"SwapCached:", 0}, {"Active:", total - free}, {"Inactive:", 0}, {"SwapTotal:", 0}, {"SwapFree:", 0},
		{"Dirty:", 0}, {"Writeback:", 0}, {"Shmem:", files}, {"Slab:", 0}, {"CommitLimit:", total},
		{"Committed_AS:", total - free}, {"Hugepagesize:", 2 << 20},
	} {
		b = kilobytes(b, l.name, l.n)
	}
	return b
}

const clockTick = second / 100 // USER_HZ of Linux

// procStat knows busy and idle time, and divides them evenly: threads go from
// processor to processor.
func (p *Process) procStat() []byte {
	d := p.hal.Describe()
	cpus := p.hal.NumCPU()
	up := p.hal.MonoTime() - d.StartNanos
	busy := p.hal.CPUTime()
	idle := max(up*int64(cpus)-busy, 0)
	line := func(name string, n int64) string {
		return name + " " + decimal(int(busy/n/clockTick)) + " 0 0 " + decimal(int(idle/n/clockTick)) + " 0 0 0 0 0 0\n"
	}
	text := line("cpu ", 1)
	for i := range cpus {
		text += line("cpu"+decimal(i), int64(cpus))
	}
	now := p.now()
	return []byte(text + "intr 0\nctxt 0\nbtime " + decimal(int(now.Sec-up/second)) +
		"\nprocesses 1\nprocs_running 1\nprocs_blocked 0\nsoftirq 0 0 0 0 0 0 0 0 0 0 0\n")
}

// procLoadavg has no averages: nobody counts.
func (p *Process) procLoadavg() []byte {
	return []byte("0.00 0.00 0.00 1/" + decimal(len(p.hal.Threads())) + " 1\n")
}

func (p *Process) procUptime() []byte {
	up := p.hal.MonoTime() - p.hal.Describe().StartNanos
	idle := max(up*int64(p.hal.NumCPU())-p.hal.CPUTime(), 0)
	return []byte(hundredths(up) + " " + hundredths(idle) + "\n")
}

// hundredths formats nanoseconds as seconds with two digits behind the point.
func hundredths(ns int64) string { return fraction(int(ns/1e7), 2) }

// fraction formats n divided by ten to the number of digits.
func fraction(n, digits int) string {
	s := decimal(n)
	for len(s) <= digits {
		s = "0" + s
	}
	return s[:len(s)-digits] + "." + s[len(s)-digits:]
}

// newUUID returns a line with a random UUID (RFC 9562, version 4).
func (p *Process) newUUID() []byte {
	const digits = "0123456789abcdef"
	var r [16]byte
	p.hal.Random(r[:])
	r[6], r[8] = r[6]&0x0f|0x40, r[8]&0x3f|0x80
	var b []byte
	for i, x := range r {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			b = append(b, '-')
		}
		b = append(b, digits[x>>4], digits[x&15])
	}
	return append(b, '\n')
}

// procBootID is the same for as long as the machine runs.
func (p *Process) procBootID() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bootID == nil {
		p.bootID = p.newUUID()
	}
	return p.bootID
}
