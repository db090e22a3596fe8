package e2e

import "testing"

func TestPanics(t *testing.T) {
	table(t, own("fault"), []row{
		{job: way("goroutine"), status: 2, err: "panics in a goroutine"},
		{job: way("custom"), status: 2, err: "failure with code 7"},
		{job: way("error"), status: 2, err: "wrapped: file does not exist"},
		{job: way("number"), status: 2, err: "panic: 1.5"},
		{job: way("again"), status: 2, err: "panic: second"},
		{job: way("repanic"), status: 2, err: "repanicked"},
		{job: way("nested"), out: "inner: runtime error: invalid memory address"},
		{job: way("deferred"), status: 2, out: "three\ntwo\none", err: "late"},
		{job: way("nilfunc"), status: 2, err: "addr=0x0"},
		{job: way("nilmap"), status: 2, err: "assignment to entry in nil map"},
		{job: way("nilmethod"), status: 2, err: "nil pointer dereference"},
		{job: way("field"), status: 2, err: "addr=0x8"},
		{job: way("bigfield"), status: 2, err: "nil pointer dereference"},
		{job: way("index"), status: 2, err: "index out of range [5] with length 2"},
		{job: way("slice"), status: 2, err: "slice bounds out of range [:11]"},
		{job: way("assert"), status: 2, err: "interface conversion"},
		{job: way("close"), status: 2, err: "close of closed channel"},
		{job: way("send"), status: 2, err: "send on closed channel"},
		{job: way("makeslice"), status: 2, err: "len out of range"},
		{job: way("unlock"), status: 2, err: "fatal error: sync: unlock of unlocked mutex"},
		{job: way("negative"), status: 2, err: "negative WaitGroup counter"},
		{job: way("goexit"), status: 2, out: "deferred", err: "main called runtime.Goexit"},
		{job: way("asleep"), status: 2, err: "all goroutines are asleep - deadlock!"},
		{name: "asleep on 2", job: on("-cpus 2", "asleep"), status: 2, err: "all goroutines are asleep - deadlock!"},
		{job: way("stack"), status: 2, err: "goroutine stack exceeds 524288-byte limit"},
		{job: way("trace"), out: "true", err: "main.trace"},
		{job: way("threadnil"), status: 2, err: "addr=0x0"},
		{job: way("recovering"), out: "recovered\n"},
		{name: "recovering on 2", job: on("-cpus 2", "recovering"), out: "recovered\n"},
	})
}

// TestConcurrentMaps compares the message alone: which of the goroutines notices,
// and where the others are, is chance.
func TestConcurrentMaps(t *testing.T) {
	table(t, own("fault"), []row{{
		job:    job{args: []string{"maps"}, flags: []string{"-cpus", "2"}, trim: firstLine},
		status: 2, err: "fatal error: concurrent map",
	}})
}

func firstLine(s string) string {
	if len(s) < 23 {
		return s
	}
	return s[:23]
}

// TestProtection is about what page tables forbid.
func TestProtection(t *testing.T) {
	table(t, own("fault"), []row{
		{job: way("wild"), status: 2, err: "code=0x1 addr=" + nowhere},
		{job: way("read"), status: 2, err: "code=0x1 addr=" + nowhere},
		{job: way("high"), status: 2, err: "SIGSEGV"}, // not canonical
		{job: way("onfault"), out: nowhere},
		{job: way("text"), status: 2, err: "code=0x2"},
		{job: way("rodata"), status: 2, err: "code=0x2"},
		{job: way("heapcode"), status: 2, err: "code=0x2"},
		{job: way("datacode"), status: 2, err: "code=0x2"},
		{job: way("stackcode"), status: 2, err: "code=0x2"},
		{job: way("jumpnil"), status: 2, err: "addr=0x0"},
		{job: way("jumpwild"), status: 2, err: "code=0x1 addr=" + nowhere},
	})
}
