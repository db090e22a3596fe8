package netstack

import (
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// Sizes of the buffers of a socket, in bytes. gVisor offers half of a receive
// buffer as the window, and lets both of TCP grow from the default to the
// maximum by what the connection turns out to need: 10 Gbit/s over 1 ms of round
// trip is 1.25 MB in flight.
const (
	minBuffer     = 4 << 10
	defaultSend   = 256 << 10
	defaultRecv   = 256 << 10
	maxTCPBuffer  = 8 << 20
	datagramBytes = 256 << 10
	maxDatagram   = 4 << 20
)

// Bounds of what peers can make the stack hold.
const (
	// maxBacklog is SOMAXCONN of Linux.
	maxBacklog = 4096
	// maxClosing is the number of connections that the program has closed and
	// that wait for the peer or for the end of TIME-WAIT; of more, the oldest
	// in TIME-WAIT end at once, like Linux's tcp_max_tw_buckets. An endpoint
	// is about 6 KiB (TestConnections).
	maxClosing = 2048
	// maxOrphans bounds those that have not reached TIME-WAIT, like
	// tcp_max_orphans: of more, the oldest are reset.
	maxOrphans = 4 * maxClosing
	// finWait2 is how long a closed connection waits for the peer's FIN.
	finWait2 = 60 * time.Second
	timeWait = 60 * time.Second
)

// Ephemeral ports, as Linux has them in ip_local_port_range.
const firstEphemeral, lastEphemeral = 32768, 60999

// configure sets the options of the protocols. An option that gVisor does not
// take is a mistake in this file, which the tests find.
func configure(s *stack.Stack) tcpip.Error {
	if err := s.SetOption(tcpip.SendBufferSizeOption{Min: minBuffer, Default: datagramBytes, Max: maxDatagram}); err != nil {
		return err
	}
	if err := s.SetOption(tcpip.ReceiveBufferSizeOption{Min: minBuffer, Default: datagramBytes, Max: maxDatagram}); err != nil {
		return err
	}
	var (
		sack     = tcpip.TCPSACKEnabled(true)
		recovery = tcpip.TCPRACKLossDetection
		nagle    = tcpip.TCPDelayEnabled(true) // off with TCP_NODELAY, which package net sets
		moderate = tcpip.TCPModerateReceiveBufferOption(true)
		reuse    = tcpip.TCPTimeWaitReuseGlobal
		linger   = tcpip.TCPLingerTimeoutOption(finWait2)
		wait     = tcpip.TCPTimeWaitTimeoutOption(timeWait)
		send     = tcpip.TCPSendBufferSizeRangeOption{Min: minBuffer, Default: defaultSend, Max: maxTCPBuffer}
		recv     = tcpip.TCPReceiveBufferSizeRangeOption{Min: minBuffer, Default: defaultRecv, Max: maxTCPBuffer}
	)
	for _, option := range []tcpip.SettableTransportProtocolOption{
		&sack, &recovery, &nagle, &moderate, &reuse, &linger, &wait, &send, &recv,
	} {
		if err := s.SetTransportProtocolOption(tcp.ProtocolNumber, option); err != nil {
			return err
		}
	}
	return s.SetPortRange(firstEphemeral, lastEphemeral)
}
