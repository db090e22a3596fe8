package monitor

import (
	"os"
	"syscall"

	"unibench/libos/vmm"
)

// openMapping opens an archive that is to be mapped into the guest.
func openMapping(path string) (m vmm.Mapping, err error) {
	if m.FD, err = syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0); err != nil {
		return m, &os.PathError{Op: "open archive", Path: path, Err: err}
	}
	var st syscall.Stat_t
	if err = syscall.Fstat(m.FD, &st); err == nil && st.Size == 0 {
		err = syscall.ENODATA
	}
	if err != nil {
		syscall.Close(m.FD)
		return m, &os.PathError{Op: "read archive", Path: path, Err: err}
	}
	m.Size = st.Size
	return m, nil
}

// openOutputs opens the output files, which stay open until the process ends.
func openOutputs(paths []string) ([]int, error) {
	var fds []int
	for _, path := range paths {
		fd, err := syscall.Open(path, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_TRUNC|syscall.O_CLOEXEC, 0o666)
		if err != nil {
			return nil, &os.PathError{Op: "open output file", Path: path, Err: err}
		}
		fds = append(fds, fd)
	}
	return fds, nil
}

// writeOutput writes p to output file n.
func (c *console) writeOutput(n int, p []byte) (int, syscall.Errno) {
	if n >= len(c.outputs) {
		return 0, syscall.EBADF
	}
	done := 0
	for done < len(p) {
		w, err := syscall.Write(c.outputs[n], p[done:])
		done += max(w, 0)
		if err != nil && err != syscall.EINTR {
			return result(done, err.(syscall.Errno))
		}
	}
	return done, 0
}
