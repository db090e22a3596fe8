package netstack

func (s *Stack) runDHCP(mac [6]byte) { close(s.configured) }
