package taskstats

import (
	"encoding/binary"
	"os"
	"os/exec"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

func TestOffsets(t *testing.T) {
	typ := reflect.TypeOf(unix.Taskstats{})
	for name, want := range map[string]uintptr{
		"Version": offVersion, "Ac_comm": offComm, "Ac_pid": offPID, "Ac_ppid": offPPID,
		"Hiwater_rss": offHiwaterRSS, "Ac_tgid": offTGID, "Ac_tgetime": sizeWithTGID,
		"Nvcsw": offVoluntary, "Nivcsw": offInvoluntary,
	} {
		f, ok := typ.FieldByName(name)
		if !ok || f.Offset != want {
			t.Errorf("offset of %s = %d (%v), want %d", name, f.Offset, ok, want)
		}
	}
}

// message builds a generic netlink body with one record.
func message(tgid, ppid int, comm string, rssKiB uint64) []byte {
	s := make([]byte, sizeWithTGID+64)
	binary.NativeEndian.PutUint16(s[offVersion:], versionTGID)
	copy(s[offComm:], comm)
	binary.NativeEndian.PutUint32(s[offTGID:], uint32(tgid))
	binary.NativeEndian.PutUint32(s[offPPID:], uint32(ppid))
	binary.NativeEndian.PutUint64(s[offHiwaterRSS:], rssKiB)
	nested := append(attr(unix.TASKSTATS_TYPE_PID, []byte{1, 0, 0, 0}), attr(unix.TASKSTATS_TYPE_STATS, s)...)
	return append([]byte{unix.TASKSTATS_CMD_NEW, 1, 0, 0}, attr(unix.TASKSTATS_TYPE_AGGR_PID, nested)...)
}

func TestParseMessage(t *testing.T) {
	got, err := parseMessage(message(7, 3, "hello", 1500))
	want := []Exit{{Process: 7, Parent: 3, Command: "hello", PeakRSSBytes: 1500 << 10}}
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("parseMessage = %v, %v; want %v", got, err, want)
	}
	for _, n := range []int{0, 3, 5, 9, 40, 200} {
		if got, err := parseMessage(message(7, 3, "hello", 1)[:n]); err == nil && len(got) > 0 {
			t.Errorf("parseMessage of the first %d bytes = %v, want no record", n, got)
		}
	}
}

func FuzzParseMessage(f *testing.F) {
	f.Add(message(7, 3, "hello", 1500))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) { parseMessage(b) })
}

func TestTree(t *testing.T) {
	exits := []Exit{
		{Process: 12, Parent: 11, Command: "app", PeakRSSBytes: 500},
		{Process: 12, Parent: 11, Command: "app", PeakRSSBytes: 700},
		{Process: 11, Parent: 10, Command: "mid", PeakRSSBytes: 100},
		{Process: 10, Parent: 1, Command: "root", PeakRSSBytes: 200},
		{Process: 99, Parent: 1, Command: "other", PeakRSSBytes: 9000},
		{Process: 50, Parent: 51}, {Process: 51, Parent: 50}, // a ring
	}
	want := []Process{
		{PID: 10, Parent: 1, Command: "root", PeakRSSBytes: 200},
		{PID: 11, Parent: 10, Command: "mid", PeakRSSBytes: 100},
		{PID: 12, Parent: 11, Command: "app", PeakRSSBytes: 700},
	}
	if d := cmp.Diff(want, Tree(exits, 10)); d != "" {
		t.Errorf("Tree (-want +got):\n%s", d)
	}
}

// TestListen asks the kernel for the record of a child whose peak is known to be
// far below this process's own.
func TestListen(t *testing.T) {
	l, err := Listen()
	if err != nil {
		t.Skipf("task statistics: %v", err)
	}
	defer l.Close()
	ballast := make([]byte, 64<<20)
	for i := 0; i < len(ballast); i += 4096 {
		ballast[i] = 1
	}
	cmd := exec.Command("/bin/true")
	if _, err := os.Stat(cmd.Path); err != nil {
		t.Skipf("no program to start: %v", err)
	}
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	exits, err := l.Exits()
	if err != nil {
		t.Fatal(err)
	}
	tree := Tree(exits, cmd.Process.Pid)
	if len(tree) != 1 || tree[0].Command != "true" || tree[0].Parent != os.Getpid() {
		t.Fatalf("Tree of /bin/true = %+v", tree)
	}
	if rss := tree[0].PeakRSSBytes; rss < 64<<10 || rss > 32<<20 {
		t.Errorf("peak of /bin/true = %d bytes, want its own and not that of this process (%d)", rss, len(ballast))
	}
}
