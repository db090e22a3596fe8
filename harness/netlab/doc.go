// Package netlab builds the network between a load generator and a system under
// test: two network namespaces, joined the same way for every target, with
// addresses of 198.18.0.0/15 (RFC 2544) and fd00:198:18::/64 (RFC 4193).
//
//	Veth                                  TAP
//
//	generator         SUT                 generator
//	.--------.        .--------.          .--------.
//	|  eth0  |========|  eth0  |          |  eth0  |==fd==> monitor, unikernel
//	'--------'  veth  '--------'          '--------'  TAP
//	198.18.0.1        198.18.0.2          198.18.0.1        198.18.0.2
//
//	with a Shape, for both:
//
//	generator            wire                    SUT, or nothing
//	.--------.        .-----------------.        .--------.
//	|  eth0  |========| gen <relay> sut |========|  eth0  |
//	'--------'  veth  '-----------------'  veth  '--------'
//	                                       or TAP ==fd==> monitor
//
// A world is built for one trial and thrown away, so that no trial finds frames,
// connections or neighbours of another:
//
//	w, err := netlab.New(ctx, netlab.Config{Link: netlab.Veth})
//	if err != nil { ... }
//	defer w.Close()
//	server, err := w.Start(ctx, netlab.SUT, process.Config{
//		Binary: "httpd", Args: []string{"-addr", netlab.SUT.Addr4().String() + ":8080"}, CPUs: []int{1},
//	}.Spec())
//	if err != nil { ... }
//	addr, err := server.Line(ctx, "listening on ") // waits until it listens
//	load, err := w.Start(ctx, netlab.Generator, loadSpec) // launch.Spec
//	res, err := load.Wait()
//	err = server.Signal(syscall.SIGTERM)
//	res, err = server.Wait()
//
// A container is started with container.Config.NetNS set to w.NetNSPath(netlab.SUT).
// A unikernel's monitor gets w.TAP() as Spec.Files (descriptor 3 and up, so
// tapfd=3), and Spec.NetNS = nil: it needs no namespace, the TAP's other end is
// the generator's eth0. A load generator within this process dials by w.Dial, or
// makes its sockets in w.Do.
//
// Nothing has a name outside of the namespaces, nothing is mounted, nothing of
// the host's network is touched: namespaces live as long as this process has
// them open or a process is in them, a TAP as long as its descriptor is open,
// and what Start started is killed by the kernel when this process ends. So
// everything vanishes with the process, also after kill -9. (A container's
// first process has another parent: scratch.Sweep of the next run ends it.)
//
// It needs CAP_NET_ADMIN and CAP_SYS_ADMIN. A command without them starts itself
// again in a user namespace; see Rootless.
package netlab
