package record

// Status is the letter that says how a trial ended.
type Status string

// The states of a trial. Only complete trials enter the .bench file and the
// statistics; the others are listed beside them, never dropped in silence.
const (
	Complete         Status = "C"
	Errored          Status = "E" // the workload or the target failed or answered wrongly
	TimedOut         Status = "T"
	GeneratorLimited Status = "G" // the load generator, not the target, was the limit
	NotWarm          Status = "W" // warm-up was not reached
)

// Statuses lists every status in the order of the tables.
func Statuses() []Status {
	return []Status{Complete, Errored, TimedOut, GeneratorLimited, NotWarm}
}

// String returns the meaning of s in words.
func (s Status) String() string {
	switch s {
	case Complete:
		return "complete"
	case Errored:
		return "error"
	case TimedOut:
		return "timeout"
	case GeneratorLimited:
		return "generator-limited"
	case NotWarm:
		return "warm-up not reached"
	}
	return "unknown status " + string(s)
}

func (s Status) valid() bool {
	for _, k := range Statuses() {
		if s == k {
			return true
		}
	}
	return false
}
