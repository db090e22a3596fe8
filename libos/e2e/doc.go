// Package e2e holds no code, only tests that run programs twice, as a process
// of the host's kernel and as a unikernel, and compare what can be seen from
// outside: standard output, standard error and exit status.
//
// The programs are the workloads of this repository, small programs below
// testdata/src that each exercise one part of the platform by argument, and
// programs that others wrote, fetched as Go modules. All go through the
// commands that a user has: go build, uni build, uni run.
//
// The tests need /dev/kvm and skip, saying so, where it cannot be opened. Those
// of other people's programs need the Go module proxy too, or the module cache,
// and are left out by -short. No test compares times.
//
// What a crashing goroutine leaves on standard error is compared after
// normalising it: see normalise in trace_test.go, the only place that decides
// what may differ.
package e2e
