package netlab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"unibench/baselines/launch"
	"unibench/harness/netlab/relay"
)

// Shape is what the wire does to frames; see relay.Shape.
type Shape = relay.Shape

// The interfaces in the namespace of the wire.
const (
	wireGenerator = "gen"
	wireSUT       = "sut"
)

// relayStop is how long the relay may take to end.
const relayStop = 5 * time.Second

// relayProcess shapes the wire.
type relayProcess struct{ running *launch.Running }

// joinByRelay makes both links to the wire, and sockets on it for the relay.
func (w *World) joinByRelay() (err error) {
	if w.wire, err = newNamespace(); err != nil {
		return err
	}
	if err := w.wire.do(func() error { return setSysctls(wireSysctls[:]) }); err != nil {
		return err
	}
	if err := w.ns[Generator].addVeth(linkName, w.wire, wireGenerator, w.config.MTU); err != nil {
		return err
	}
	if w.config.Link == TAP {
		w.taps, err = w.wire.addTAP(wireSUT, w.config.MTU, w.config.Queues)
	} else {
		err = w.ns[SUT].addVeth(linkName, w.wire, wireSUT, w.config.MTU)
	}
	for i, name := range []string{wireGenerator, wireSUT} {
		if err == nil {
			w.sockets[i], err = w.wire.openPacket(name)
		}
	}
	return err
}

// startRelay starts the relay once both ends are up: frames wait in its sockets,
// which are its own from then on.
func (w *World) startRelay(ctx context.Context) error {
	shape, err := json.Marshal(w.config.Shape)
	if err != nil {
		return err
	}
	args := append([]string{filepath.Base(w.config.Relay[0])}, w.config.Relay[1:]...)
	running, err := launch.Start(ctx, launch.Spec{
		Path: w.config.Relay[0], Args: args, Stdin: shape, Files: w.sockets[:], CPUs: w.config.RelayCPUs,
	})
	if err != nil {
		return fmt.Errorf("start relay: %w", err)
	}
	w.relay = &relayProcess{running}
	if _, err := running.Line(ctx, relayReady); err != nil {
		return fmt.Errorf("start relay: %w", err)
	}
	w.closeSockets()
	return nil
}

func (w *World) closeSockets() {
	for i, f := range w.sockets {
		if f != nil {
			f.Close()
			w.sockets[i] = nil
		}
	}
}

// openPacket brings an interface up with a packet socket on it.
func (n *namespace) openPacket(name string) (f *os.File, err error) {
	link, err := n.handle.LinkByName(name)
	if err != nil {
		return nil, fmt.Errorf("find interface %s: %w", name, err)
	}
	if err := n.handle.LinkSetUp(link); err != nil {
		return nil, fmt.Errorf("bring interface %s up: %w", name, err)
	}
	err = n.do(func() error {
		f, err = relay.Open(link.Attrs().Index)
		return err
	})
	return f, err
}

// StopRelay ends the relay of a shaped wire, and with it the connection, and
// returns what it did.
func (w *World) StopRelay() (relay.Result, error) {
	if w.relay == nil {
		return relay.Result{}, errors.New("the wire has no relay, or it has been stopped")
	}
	r := w.relay
	w.relay = nil
	return r.stop()
}

func (r *relayProcess) stop() (result relay.Result, err error) {
	signalled := r.running.Signal(syscall.SIGTERM)
	limit := time.AfterFunc(relayStop, r.running.Kill)
	defer limit.Stop()
	res, err := r.running.Wait()
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return result, nil // it ended with its world
	case err != nil:
		return result, fmt.Errorf("stop relay: %w", err)
	case res.ExitStatus != 0 || signalled != nil:
		return result, fmt.Errorf("the relay ended with status %d: %q", res.ExitStatus, res.Stderr)
	}
	line := res.Stdout[min(len(relayReady)+1, len(res.Stdout)):]
	if err := json.Unmarshal(line, &result); err != nil {
		return result, fmt.Errorf("read the relay's counts: %w", err)
	}
	return result, nil
}
