package monitor

import (
	"unibench/libos/monitor/systrace"
	"unibench/libos/vmm"
)

// collect fills in what the machine counted.
func (s *Stats) collect(m *vmm.Machine, con *console) {
	s.FirstRun, s.GuestEnd = m.FirstRun.Load(), m.GuestEnd.Load()
	s.FirstOutput = con.firstOutput.Load()
	s.Time = monotonic()
	s.Net = collectNet(m)
	s.Exits = m.Exits()
	for _, n := range s.Exits {
		s.VMExits += n
	}
	g := m.Guest()
	s.GuestEntry, s.GuestMain = g.Entry, g.Main
	s.RawSyscalls = g.RawSyscalls
	s.GuestPeakBytes = g.PeakBytes
	for number, n := range g.ENOSYS {
		if n != 0 {
			if s.ENOSYS == nil {
				s.ENOSYS = map[string]uint64{}
			}
			s.ENOSYS[systrace.Name(number)] += uint64(n)
		}
	}
}
