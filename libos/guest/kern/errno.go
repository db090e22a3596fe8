package kern

// Linux error numbers (include/uapi/asm-generic/errno-base.h, errno.h).
const (
	ENOENT    = 2
	ESRCH     = 3
	EINTR     = 4
	EBADF     = 9
	EAGAIN    = 11
	ENOMEM    = 12
	EFAULT    = 14
	EINVAL    = 22
	ENOSYS    = 38
	ETIMEDOUT = 110
)

// neg is the result of a system call that failed with errno e.
func neg(e uint64) uint64 { return -e }
