package record

// Canary is the canary of one block.
type Canary struct {
	Block int
	NS    float64
}

// Canaries are those of the blocks that counted, in the order in which they ran; none
// for runs of a bench that did not store them. A block that was resumed has two.
func (d *Data) Canaries() []Canary {
	var out []Canary
	for i := range d.Trials {
		if t := &d.Trials[i]; t.CanaryNS > 0 && !t.WarmUp {
			out = append(out, Canary{Block: t.Block, NS: float64(t.CanaryNS)})
		}
	}
	return out
}
