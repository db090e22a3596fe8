package netlab

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"

	"unibench/harness/netlab/relay"
)

// RelayArg, as the only argument, makes a command that calls RelayMain a relay.
const RelayArg = "netlab-relay"

// relayReady is the relay's first line.
const relayReady = "relaying"

// The relay's descriptors, after standard error.
const (
	fdGenerator = 3 + iota
	fdSUT
)

// RelayMain is the relay of a shaped wire if args, without the program's name, say
// so; else ok is false and it does nothing. A command that builds shaped worlds
// calls it first of all and hands its own path and RelayArg to Config.Relay:
//
//	if status, ok := netlab.RelayMain(os.Args[1:], os.Stdin, os.Stdout, os.Stderr); ok {
//		os.Exit(status)
//	}
func RelayMain(args []string, stdin io.Reader, stdout, stderr io.Writer) (status int, ok bool) {
	if len(args) != 1 || args[0] != RelayArg {
		return 0, false
	}
	if err := runRelay(stdin, stdout); err != nil {
		fmt.Fprintln(stderr, "relay:", err)
		return 1, true
	}
	return 0, true
}

func runRelay(stdin io.Reader, stdout io.Writer) error {
	var s Shape
	if err := json.NewDecoder(stdin).Decode(&s); err != nil {
		return fmt.Errorf("read the shape of the wire: %w", err)
	}
	if err := s.Check(); err != nil {
		return err
	}
	for _, fd := range []int{fdGenerator, fdSUT} {
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil {
			return fmt.Errorf("find packet socket %d (only a netlab.World can start a relay): %w", fd, err)
		}
	}
	stop, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	if err != nil {
		return fmt.Errorf("create eventfd: %w", err)
	}
	defer unix.Close(stop)
	ctx, done := signal.NotifyContext(context.Background(), unix.SIGTERM, os.Interrupt)
	defer done()
	defer context.AfterFunc(ctx, func() {
		// Adding 1 to a counter of 0 cannot block or fail.
		_, _ = unix.Write(stop, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	})()
	if _, err := fmt.Fprintln(stdout, relayReady); err != nil {
		return err
	}
	result, err := relay.Run(s, fdGenerator, fdSUT, stop)
	if err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(result)
}
