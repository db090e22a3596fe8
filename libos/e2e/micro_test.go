package e2e

import (
	"strings"
	"testing"
)

// TestMicro does each operation of workloads/micro a few times, which checks its
// results itself. Times are not compared.
func TestMicro(t *testing.T) {
	start(t)
	p := program(t, workload("micro"))
	list := way("-list").compare(t, p)
	if list.Status != 0 {
		t.Fatalf("micro -list = %+v", list)
	}
	for line := range strings.Lines(list.Stdout) {
		name := strings.Fields(line)[0]
		cpus := "-cpus 1"
		if strings.HasSuffix(name, "2") {
			cpus = "-cpus 2"
		}
		o := on(cpus+" -mem 128M", "-bench", name, "-time", "2ms", "-batches", "2").asUnikernel(t, p)
		if o.Status != 0 || !strings.HasPrefix(o.Stdout, "Benchmark"+name+" ") || o.Stderr != "" {
			t.Errorf("micro -bench %s = %+v", name, o)
		}
	}
}
