package suite

import (
	"fmt"
	"time"

	"unibench/harness/loadgen"
	"unibench/harness/record"
	"unibench/harness/target"
	"unibench/harness/trial"
)

// evServe is the event of a cold start that the load generator sees.
const evServe = "first-200"

// net is the suite of serving: one program under load from another namespace of
// the same machine, over a link that is made for the trial.
func net() Suite {
	echo := server("echo", 7007)
	stream := server("stream", 5201)
	httpd := server("httpd", 8080)
	kv := server("kv", 6379)
	zcEcho := zeroCopy("echo", 7007)
	zcStream := zeroCopy("stream", 5201)
	hello := func(more ...func(*loadgen.HTTPConfig)) *loadgen.HTTPConfig {
		body := helloBody
		c := &loadgen.HTTPConfig{Path: "/hello", Body: &body}
		for _, m := range more {
			m(c)
		}
		return c
	}
	resp := func(getPercent, depth int) Load {
		return Load{Config: loadgen.Config{
			Protocol: loadgen.RESP, Mode: loadgen.Closed, Conns: 32, Depth: depth,
			RESP: &loadgen.RESPConfig{Keys: 1000, ValueBytes: 64, GetPercent: getPercent},
		}}
	}
	return Suite{
		Name:    "net",
		Doc:     "servers under load over a virtual link: round trips, rates, streams, HTTP, key-value store",
		Version: "1",
		Time:    "under 5 minutes",
		Benchmarks: []Benchmark{
			echo.benchmark("TCPRoundTrip", "64 bytes there and back over one TCP connection, one at a time", Load{Config: loadgen.Config{
				Protocol: loadgen.TCPEcho, Mode: loadgen.Closed, Conns: 1,
			}}),
			echo.benchmark("UDPRoundTrip", "64 bytes there and back as datagrams, one at a time", Load{Config: loadgen.Config{
				Protocol: loadgen.UDPEcho, Mode: loadgen.Closed, Conns: 1,
			}}),
			echo.benchmark("UDPRate", "datagrams of 64 bytes, 64 on their way", Load{Config: loadgen.Config{
				Protocol: loadgen.UDPEcho, Mode: loadgen.Closed, Conns: 4, Depth: 16,
			}}),
			zcEcho.benchmark("UDPRateZC", "the same by package zerocopy", Load{Config: loadgen.Config{
				Protocol: loadgen.UDPEcho, Mode: loadgen.Closed, Conns: 4, Depth: 16,
			}}),
			stream.benchmark("StreamUp", "bulk data to the server over one TCP connection", Load{Config: loadgen.Config{
				Protocol: loadgen.Stream, Mode: loadgen.Closed, Conns: 1, Stream: &loadgen.StreamConfig{Direction: loadgen.Send},
			}}),
			stream.benchmark("StreamDown", "bulk data from the server over one TCP connection", Load{Config: loadgen.Config{
				Protocol: loadgen.Stream, Mode: loadgen.Closed, Conns: 1, Stream: &loadgen.StreamConfig{Direction: loadgen.Receive},
			}}),
			zcStream.benchmark("StreamUpZC", "bulk data to the server, by package zerocopy", Load{Config: loadgen.Config{
				Protocol: loadgen.Stream, Mode: loadgen.Closed, Conns: 1, Stream: &loadgen.StreamConfig{Direction: loadgen.Send},
			}}),
			zcStream.benchmark("StreamDownZC", "bulk data from the server, by package zerocopy", Load{Config: loadgen.Config{
				Protocol: loadgen.Stream, Mode: loadgen.Closed, Conns: 1, Stream: &loadgen.StreamConfig{Direction: loadgen.Receive},
			}}),
			httpd.benchmark("HTTPKeepAlive", "GET of 14 bytes from net/http, connections kept", Load{Config: loadgen.Config{
				Protocol: loadgen.HTTP, Mode: loadgen.Closed, Conns: 32, HTTP: hello(),
			}}),
			httpd.benchmark("HTTPNewConn", "GET of 14 bytes, each over a connection of its own", Load{Config: loadgen.Config{
				Protocol: loadgen.HTTP, Mode: loadgen.Closed, Conns: 8, HTTP: hello(func(c *loadgen.HTTPConfig) { c.NewConnection = true }),
			}}),
			httpd.benchmark("HTTP1K", "GET of 1 KiB, connections kept", Load{Config: loadgen.Config{
				Protocol: loadgen.HTTP, Mode: loadgen.Closed, Conns: 32,
				HTTP: hello(func(c *loadgen.HTTPConfig) { body := textBody(1 << 10); c.Path, c.Body = "/1k", &body }),
			}}),
			kv.benchmark("KVGet", "GET of 64 bytes from an in-memory store", resp(100, 1)),
			kv.benchmark("KVSet", "SET of 64 bytes", resp(0, 1)),
			kv.benchmark("KVGetP16", "GET, 16 at a time on each connection", resp(100, 16)),
			kv.benchmark("KVSetP16", "SET, 16 at a time on each connection", resp(0, 16)),
			httpd.benchmark("HTTPColdStart", "start of the server to the end of its first answer", Load{Config: loadgen.Config{
				Protocol: loadgen.HTTP, Mode: loadgen.FirstResponse, Conns: 1, HTTP: hello(),
				First: &loadgen.FirstConfig{Interval: loadgen.Duration(500 * time.Microsecond)},
			}}),
			httpd.benchmark("HTTPLoad", "latency of the same GET at offered rates up to beyond saturation", Load{Sweep: true, Config: loadgen.Config{
				Protocol: loadgen.HTTP, Mode: loadgen.Open, Conns: 32, HTTP: hello(),
			}}),
		},
		Units:  netUnits(),
		Phases: []string{evExec, evMonitorStart, evFirstRun, evGuestEntry, evMain, evFirstByte, evServe, evEnd},
		Remarks: []string{
			"closed loop (load=closed): a request follows an answer, so rows are throughput and, with one request at a time, the round trip; " +
				"open loop (load=open): Poisson arrivals, latency from the moment a request was due",
			"an operation (op) is a request with its answer, for streams 64 KiB of payload",
			"cpu-ns/op is all threads of the program with its runtime or monitor; machine-cpu-ns/op is everything that was not idle, the generator " +
				"(gen-cpu-ns/op) and softirqs included: much of the kernel's work for a veth pair or TAP is done in the sender's calls, so it is the honest one",
			"syscalls/op are counted in a period of their own before the measured one, because the tracepoint costs time",
			"vmexits/op, kicks/op and link-copied-B/op are 0 by definition where there is no virtual machine",
			"a closed loop counts although the generator is busy, since its time is part of each round; where it used more than 70 % of its processor " +
				"and the server less than 90 % of its own, a warning says that the rate is a lower bound",
			"an open-loop period counts if the generator's lag (p99), which is part of the latency, is at most half of it (p99): single stalls of a " +
				"nested host break the contract's limits (a tenth of the median; the dispersion of arrivals) in many of such short periods",
		},
		Defaults: Defaults{
			Count: 8, MemoryBytes: 256 << 20, Timeout: 30 * time.Second, Duration: 300 * time.Millisecond,
			Sweep: []float64{10e3, 30e3, 50e3, 70e3, 90e3, 110e3}, SLO: SLO{Quantile: "p99", Limit: 5 * time.Millisecond},
		},
		Gate: Defaults{Count: 20},
		Short: Defaults{
			Count: 3, Run: "^(TCPRoundTrip|HTTPKeepAlive)$", Targets: []string{"unikernel", "process"}, Duration: 200 * time.Millisecond,
		},
	}
}

func netUnits() []record.Unit {
	return []record.Unit{
		{Name: "req/s", Better: "higher", Primary: true, Doc: "answers a second"},
		{Name: "goodput-B/s", Better: "higher", Primary: true, Doc: "payload a second"},
		{Name: "boot-serve-ns", Better: "lower", Primary: true, Doc: "start to the last byte of the first correct answer"},
		{Name: "slo-req/s", Better: "higher", Primary: true, Doc: "highest offered rate of the sweep that was served within the latency objective"},
		{Name: "p50-lat-ns", Better: "lower", Doc: "median latency"},
		{Name: "p90-lat-ns", Detail: true, Better: "lower", Doc: "90th percentile of latency"},
		{Name: "p99-lat-ns", Better: "lower", Doc: "99th percentile of latency"},
		{Name: "p999-lat-ns", Detail: true, Better: "lower", Doc: "99.9th percentile of latency"},
		{Name: "max-lat-ns", Detail: true, Better: "lower", Doc: "greatest latency"},
		{Name: "cpu-ns/op", Better: "lower", Doc: "processor time of the system under test"},
		{Name: "machine-cpu-ns/op", Better: "lower", Doc: "processor time of the whole machine, the generator included"},
		{Name: "gen-cpu-ns/op", Detail: true, Doc: "processor time of the load generator"},
		{Name: "syscalls/op", Better: "lower", Doc: "system calls of the system under test on the host"},
		{Name: "ctxsw/op", Detail: true, Better: "lower", Doc: "context switches of the system under test on the host"},
		{Name: "vmexits/op", Better: "lower", Doc: "VM exits"},
		{Name: "kicks/op", Detail: true, Better: "lower", Doc: "notifications of the device by the guest"},
		{Name: "copied-B/op", Better: "lower", Doc: "bytes that a processor copied between TCP/IP stack and program"},
		{Name: "link-copied-B/op", Detail: true, Better: "lower", Doc: "bytes of frames that a processor copied between device and host: the calls on a TAP; a veth pair copies none"},
		{Name: "boot-vmm-ns", Detail: true, Better: "lower", Doc: "start to just before the first KVM_RUN"},
		{Name: "boot-guest-ns", Detail: true, Better: "lower", Doc: "first KVM_RUN to main.main"},
		{Name: "boot-main-ns", Detail: true, Better: "lower", Doc: "start to main.main"},
		{Name: "boot-cpu-ns", Better: "lower", Doc: "user and system time of all processes, from start to end"},
		{Name: "rss-B", Better: "lower", Doc: "largest resident set of one process"},
	}
}

// helloBody and textBody are what workloads/httpd answers; its answers are
// checked against them in every trial.
const helloBody = "hello, world!\n"

func textBody(n int) string {
	var b []byte
	for len(b) < n {
		b = fmt.Appendf(b, "line at %08x of %08x\n", len(b), n)
	}
	return string(b[:n])
}

// served is a workload that serves on a port.
type served struct {
	target.Workload
	port int
}

func server(name string, port int) served {
	return served{
		Workload: target.Workload{
			Name: name, Package: "./workloads/" + name, Args: []string{"-addr", serverAddr(port)}, Server: true,
		},
		port: port,
	}
}

// zeroCopy is the variant of a workload that uses package zerocopy.
func zeroCopy(name string, port int) served {
	s := server("zc/"+name, port)
	s.Name = "zc-" + name
	return s
}

func (s served) benchmark(name, doc string, l Load) Benchmark {
	l.Addr = serverAddr(s.port)
	return Benchmark{Name: name, Workload: s.Workload, Doc: doc, Load: &l, Expect: trial.Expect{AnyStdout: true}}
}
