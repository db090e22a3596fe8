package taskstats

import (
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
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
	const rounds = 50
	for range rounds {
		echo()
	}
	after, err := c.Group(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	// cat waits for each piece, unless the next is there already.
	got := after.Voluntary - before.Voluntary
	if got < 1 || got > 2*rounds {
		t.Errorf("%d waits in %d rounds", got, rounds)
	}
	if _, err := c.Group(1 << 22); !errors.Is(err, unix.ESRCH) {
		t.Errorf("Group of no process = %v, want ESRCH", err)
	}
}
