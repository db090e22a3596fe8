package main

import (
	"runtime"
	"testing"
)

// TestRunSameSum checks that the checksum does not depend on how many
// processors share the tasks.
func TestRunSameSum(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	one, err := run(8, 8)
	if err != nil {
		t.Fatal(err)
	}
	runtime.GOMAXPROCS(3)
	three, err := run(8, 8)
	if err != nil {
		t.Fatal(err)
	}
	if one != three {
		t.Errorf("checksum on three processors = %#x, want %#x as on one", three, one)
	}
}

func TestTaskNoticesDamage(t *testing.T) {
	m := names(3, 10)
	if err := checkNames(m, 3, 10); err != nil {
		t.Fatal(err)
	}
	*m["93"] = 94
	if checkNames(m, 3, 10) == nil {
		t.Error("checkNames accepted a changed entry")
	}
}
