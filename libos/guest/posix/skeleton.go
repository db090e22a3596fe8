package posix

import (
	"unibench/libos/guest/linux"
	"unibench/libos/guest/vfs"
)

// planted is a file of the skeleton.
type planted struct {
	path string
	vfs.Node
}

// localtime is a time zone file (RFC 8536, version 2) of UTC: each of its two
// data blocks has one local time type (offset 0, no daylight saving, name at
// 0) and its name, the footer is the POSIX rule. TZ in the environment, or a
// file of the archive, overrides it.
const localtime = "TZif2" + zeros15 + zeros16 + "\x00\x00\x00\x01" + "\x00\x00\x00\x04" + "\x00\x00\x00\x00\x00\x00" + "UTC\x00" +
	"TZif2" + zeros15 + zeros16 + "\x00\x00\x00\x01" + "\x00\x00\x00\x04" + "\x00\x00\x00\x00\x00\x00" + "UTC\x00" +
	"\nUTC0\n"

const (
	zeros15 = "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	zeros16 = zeros15 + "\x00"
)

// skeleton returns the files that are there without an archive, and under it.
func skeleton(hostname string) []planted {
	dir := func(path string, perm uint32) planted {
		return planted{path, vfs.Node{Mode: linux.ModeDir | perm}}
	}
	file := func(path, data string) planted {
		return planted{path, vfs.Node{Mode: linux.ModeRegular | 0o644, Data: []byte(data)}}
	}
	link := func(path, target string) planted {
		return planted{path, vfs.Node{Mode: linux.ModeSymlink | 0o777, Target: target}}
	}
	char := func(path string, rdev uint64) planted {
		return planted{path, vfs.Node{Mode: linux.ModeChar | 0o666, Rdev: rdev}}
	}
	return []planted{
		dir("/dev", 0o755),
		char("/dev/null", devNull),
		char("/dev/zero", devZero),
		char("/dev/full", devFull),
		char("/dev/random", devRandom),
		char("/dev/urandom", devURandom),
		link("/dev/fd", "/proc/self/fd"),
		link("/dev/stdin", "/proc/self/fd/0"),
		link("/dev/stdout", "/proc/self/fd/1"),
		link("/dev/stderr", "/proc/self/fd/2"),
		dir("/etc", 0o755),
		file("/etc/hostname", hostname+"\n"),
		file("/etc/hosts", "127.0.0.1\tlocalhost "+hostname+"\n::1\tlocalhost "+hostname+"\n"),
		file("/etc/resolv.conf", noResolver),
		file("/etc/nsswitch.conf", "hosts: files dns\n"),
		file("/etc/localtime", localtime),
		file("/etc/passwd", "root:x:0:0:root:/root:/sbin/nologin\n"),
		file("/etc/group", "root:x:0:\n"),
		dir("/root", 0o700),
		dir("/tmp", 0o777|linux.ModeSticky),
		dir("/var", 0o755),
		dir("/var/tmp", 0o777|linux.ModeSticky),
	}
}
