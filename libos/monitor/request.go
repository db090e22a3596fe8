package monitor

import "syscall"

// serveStats answers each byte that arrives on descriptor fd, a stream socket,
// with the statistics of the moment as one line of JSON. It ends with the stream.
// Whoever asks and does not read the answers stops only itself.
func serveStats(fd int, snapshot func() Stats) {
	var request [1]byte
	var line []byte
	for {
		n, err := syscall.Read(fd, request[:])
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			waitReadable(fd)
			continue
		case err != nil || n == 0:
			return
		}
		s := snapshot()
		line = s.AppendLine(line[:0])
		for rest := line; len(rest) > 0; {
			n, err := syscall.Write(fd, rest)
			switch {
			case err == syscall.EINTR:
			case err == syscall.EAGAIN:
				waitWritable(fd)
			case err != nil:
				return
			default:
				rest = rest[n:]
			}
		}
	}
}
