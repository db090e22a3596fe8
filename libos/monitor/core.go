package monitor

import "syscall"

// coreFile is the descriptor of a core file, for package core.
type coreFile int

// WriteAt implements io.WriterAt.
func (fd coreFile) WriteAt(b []byte, offset int64) (done int, err error) {
	for done < len(b) {
		n, err := syscall.Pwrite(int(fd), b[done:], offset+int64(done))
		if err != nil && err != syscall.EINTR {
			return done, err
		}
		done += max(n, 0)
	}
	return done, nil
}

// Truncate sets the length of the file.
func (fd coreFile) Truncate(size int64) error { return syscall.Ftruncate(int(fd), size) }
