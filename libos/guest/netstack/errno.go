package netstack

import (
	"gvisor.dev/gvisor/pkg/tcpip"
	"unibench/libos/guest/linux"
)

// errno is the error number that Linux has for a failure of gVisor's.
// ErrClosedForReceive is none: it is the end of a stream.
func errno(err tcpip.Error) linux.Errno {
	switch err.(type) {
	case nil, *tcpip.ErrClosedForReceive:
		return 0
	case *tcpip.ErrWouldBlock, *tcpip.ErrNoPortAvailable:
		return linux.EAGAIN
	case *tcpip.ErrAborted, *tcpip.ErrClosedForSend:
		return linux.EPIPE
	case *tcpip.ErrAddressFamilyNotSupported:
		return linux.EAFNOSUPPORT
	case *tcpip.ErrAlreadyConnected:
		return linux.EISCONN
	case *tcpip.ErrAlreadyConnecting:
		return linux.EALREADY
	case *tcpip.ErrBadAddress, *tcpip.ErrBadBuffer:
		return linux.EFAULT
	case *tcpip.ErrBadLocalAddress:
		return linux.EADDRNOTAVAIL
	case *tcpip.ErrBroadcastDisabled:
		return linux.EACCES
	case *tcpip.ErrConnectStarted:
		return linux.EINPROGRESS
	case *tcpip.ErrConnectionAborted:
		return linux.ECONNABORTED
	case *tcpip.ErrConnectionRefused:
		return linux.ECONNREFUSED
	case *tcpip.ErrConnectionReset:
		return linux.ECONNRESET
	case *tcpip.ErrDestinationRequired:
		return linux.EDESTADDRREQ
	case *tcpip.ErrDuplicateAddress, *tcpip.ErrDuplicateNICID:
		return linux.EEXIST
	case *tcpip.ErrEndpointBusy:
		return linux.EBUSY
	case *tcpip.ErrHostDown:
		return linux.EHOSTDOWN
	case *tcpip.ErrHostUnreachable:
		return linux.EHOSTUNREACH
	case *tcpip.ErrMessageTooLong:
		return linux.EMSGSIZE
	case *tcpip.ErrNetworkUnreachable:
		return linux.ENETUNREACH
	case *tcpip.ErrNoBufferSpace:
		return linux.ENOBUFS
	case *tcpip.ErrNoNet:
		return linux.ENONET
	case *tcpip.ErrNoSuchFile:
		return linux.ENOENT
	case *tcpip.ErrNotConnected:
		return linux.ENOTCONN
	case *tcpip.ErrNotPermitted:
		return linux.EPERM
	case *tcpip.ErrNotSupported:
		return linux.EOPNOTSUPP
	case *tcpip.ErrPortInUse:
		return linux.EADDRINUSE
	case *tcpip.ErrQueueSizeNotSupported:
		return linux.ENOTTY
	case *tcpip.ErrTimeout:
		return linux.ETIMEDOUT
	case *tcpip.ErrUnknownDevice, *tcpip.ErrUnknownNICID, *tcpip.ErrInvalidNICID:
		return linux.ENODEV
	case *tcpip.ErrUnknownProtocolOption:
		return linux.ENOPROTOOPT
	}
	// ErrAlreadyBound, ErrInvalidEndpointState, ErrInvalidOptionValue,
	// ErrInvalidPortRange, ErrMalformedHeader, ErrMissingRequiredFields,
	// ErrMulticastInputCannotBeOutput, ErrUnknownProtocol.
	return linux.EINVAL
}
