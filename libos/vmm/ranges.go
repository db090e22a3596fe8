package vmm

// span is the addresses from start to end.
type span struct{ start, end uint64 }

// writable returns length bytes at gpa, or false if they are not all in one of
// the ranges that the guest may write. Both numbers may come from the guest.
func (m *Machine) writable(gpa, length uint64) ([]byte, bool) {
	for _, r := range m.ranges {
		if gpa >= r.start && gpa <= r.end && length <= r.end-gpa {
			return m.mem.slice(gpa, length, r.start)
		}
	}
	return nil, false
}
