// Package loadgen is the load generator of the harness: it sends requests to one
// server, checks every answer and says how long each took. It follows the
// contract of the harness, section 7 (statistics), rules 9, 10 and 11.
//
// # Two kinds of load
//
// Open loop: requests are due at times that do not depend on the answers, either
// a Poisson process or equally spaced. The corrected latency of a request counts
// from the moment at which it was due, the uncorrected one from the moment at
// which it was handed to the kernel; only the first shows what a user would have
// seen while the server stalled (coordinated omission). A request that is due
// while every connection has its full depth outstanding waits, and its corrected
// latency grows.
//
// Closed loop: each connection sends depth requests, waits for all answers and
// sends again. Its results are labelled "throughput only".
//
// # Time
//
// All times are nanoseconds of CLOCK_MONOTONIC, read from the vDSO: once before
// each write and once after each read, not once per request, so requests that
// one call moved share a stamp. Receipt is therefore stamped late by what the
// generator itself does between the arrival and the read; the limit on its CPU
// use bounds that. Result.Clock has the resolution and the cost of one reading
// as measured; histograms keep three significant digits.
//
// # Threads
//
// A worker is one event loop with its own epoll instance and nonblocking
// sockets, on one OS thread as long as it has work. In the steady state it does
// not allocate, and it yields to Go's scheduler by itself so that it is never
// preempted. Before a request is due it waits in epoll_pwait2 and then polls for
// the last stretch (Config.Spin). Time polled in vain is not counted as CPU use
// of the generator but reported beside it.
//
// # Periods and the line protocol
//
// Main reads a Config as JSON and writes lines; each ends with the time.
//
//	asking TIME      mode first-response: the first attempt is about to be made
//	ready TIME       the server has answered, every connection stands
//	measure N TIME   warm-up of period N is over and nothing is outstanding
//	end N TIME       period N is over and nothing is outstanding
//	result JSON      a Result, the last line
//	error TEXT       instead of it, if the configuration is wrong
//
// With Config.WaitGo it waits for a line "go" on its input after each "measure"
// and "end". Nothing is in flight then, so counters of the system under test that
// are read between belong exactly to Trial.Requests.
//
// # Validity
//
// A wrong, missing or unexpected answer fails the trial: status E with the first
// offending bytes, nothing is averaged. At the end of a stream the server says how
// many bytes it got and whether they were right, see workloads/internal/stream. A trial
// that was limited by the generator has status G; one whose server did not keep up
// with the rate, while the generator did, has status T and Trial.Saturated; one
// that did not become warm has W. See Limits for the numbers. Mode "ceiling"
// measures what the generator itself can do with the same configuration.
//
// # First response
//
// Mode "first-response" measures a cold start: from a moment given by the starter
// to the last byte of the first correct answer. Linux repeats a lost SYN only
// after a second, so an attempt is a fresh socket every First.Interval, and one
// that has got no answer after First.Attempt is closed. As soon as one connection
// stands it has the request, no more are opened and the others are closed: the
// server sees little more than one client. What remains is ARP: a neighbour that
// did not answer is asked again only after net.ipv4.neigh.DEV.retrans_time_ms
// (one second by default), so whoever makes the network must give a permanent
// neighbour entry, or set that time to a few milliseconds. The result has a
// warning if it finds an incomplete entry. The error of the time is at most one
// interval for a server that refuses or ignores a connection until it is ready.
//
// The package configures no network, starts no server and judges no series of
// trials.
package loadgen
