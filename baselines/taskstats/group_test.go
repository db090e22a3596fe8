package taskstats

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// groupMessage builds the answer to a question about a process.
func groupMessage(voluntary, involuntary uint64) []byte {
	s := make([]byte, sizeWithTGID)
	binary.NativeEndian.PutUint64(s[offVoluntary:], voluntary)
	binary.NativeEndian.PutUint64(s[offInvoluntary:], involuntary)
	nested := append(attr(unix.TASKSTATS_TYPE_TGID, []byte{1, 0, 0, 0}), attr(unix.TASKSTATS_TYPE_STATS, s)...)
	return append([]byte{unix.TASKSTATS_CMD_NEW, 1, 0, 0}, attr(unix.TASKSTATS_TYPE_AGGR_TGID, nested)...)
}

func TestParseGroup(t *testing.T) {
	whole := groupMessage(5, 7)
	if got, err := parseGroup(whole); err != nil || got != (Group{Voluntary: 5, Involuntary: 7}) {
		t.Errorf("parseGroup = %+v, %v; want 5 and 7", got, err)
	}
	for n := range len(whole) {
		if got, err := parseGroup(whole[:n]); err == nil {
			t.Errorf("parseGroup of the first %d bytes = %+v, want an error", n, got)
		}
	}
	if _, err := parseGroup(message(7, 3, "hello", 1)); !errors.Is(err, ErrMalformed) {
		t.Errorf("parseGroup of an exit record = %v, want ErrMalformed", err)
	}
}

func FuzzParseGroup(f *testing.F) {
	f.Add(groupMessage(5, 7))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) { parseGroup(b) })
}

// TestGroup counts the waits of a child that reads what it is fed piece by piece.
func TestGroup(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("task statistics need root")
	}
	c, err := Open()
	if err != nil {
		t.Skip(err)
	}
	defer c.Close()
	cmd := exec.Command("cat")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { in.Close(); cmd.Wait() }()
	echo := func() {
		b := []byte{'x'}
		if _, err := in.Write(b); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Read(b); err != nil {
			t.Fatal(err)
		}
	}
	echo()
	before, err := c.Group(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	// cat waits for each piece, unless the next is there already: on a host that is
	// busy, or that runs it on the same processor, for none of many.
	after, rounds := before, 0
	for ; after.Voluntary == before.Voluntary && rounds < 100_000; rounds++ {
		echo()
		if after, err = c.Group(cmd.Process.Pid); err != nil {
			t.Fatal(err)
		}
	}
	if got := after.Voluntary - before.Voluntary; got < 1 || got > int64(rounds)+1 {
		t.Errorf("%d waits in %d rounds", got, rounds)
	}
	// The same as the kernel says elsewhere.
	least := voluntary(t, cmd.Process.Pid)
	if after, err = c.Group(cmd.Process.Pid); err != nil {
		t.Fatal(err)
	}
	if most := voluntary(t, cmd.Process.Pid); after.Voluntary < least || after.Voluntary > most {
		t.Errorf("%d waits, want as in /proc: %d to %d", after.Voluntary, least, most)
	}
	if _, err := c.Group(1 << 22); !errors.Is(err, unix.ESRCH) {
		t.Errorf("Group of no process = %v, want ESRCH", err)
	}
}

// voluntary returns the waits of a process with one thread, as proc(5) has them.
func voluntary(t *testing.T, pid int) (n int64) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), "\nvoluntary_ctxt_switches:")
	if _, err := fmt.Sscan(rest, &n); !ok || err != nil {
		t.Fatalf("no voluntary_ctxt_switches: %v", err)
	}
	return n
}
