package e2e

import (
	"regexp"
	"strconv"
	"testing"
)

var verified = regexp.MustCompile(`^sent (\d+) bytes, received (\d+) bytes in .*: .* Gbit/s, verified\n$`)

// TestStream moves bulk data each way and both ways, every byte compared by both
// ends, with the workload's own client as a process, and looks at how often the
// guest copied it.
func TestStream(t *testing.T) {
	for _, c := range []struct {
		name, folder string
		copies       uint64
	}{{"plain", "stream", 1}, {"zero copy", "zc/stream", 0}} {
		for _, mode := range []string{"sink", "source", "both"} {
			for _, host := range []string{guestIP, "[" + guestIP6 + "]"} {
				if host != guestIP && mode != "both" {
					continue
				}
				t.Run(c.name+" "+mode+" "+host, func(t *testing.T) {
					start(t)
					client := program(t, workload("stream"))
					s := plan{}.serve(t, program(t, workload(c.folder)))
					out, err := s.run(t, client.process, "-connect", host+":5201", "-mode", mode, "-duration", "200ms", "-seed", "7")
					m := verified.FindStringSubmatch(out)
					if err != nil || m == nil {
						t.Fatalf("client: %v\n%s", err, out)
					}
					n := s.stop().Net
					sent, err1 := strconv.ParseUint(m[1], 10, 64)
					received, err2 := strconv.ParseUint(m[2], 10, 64)
					if err1 != nil || err2 != nil || mode != "source" && sent == 0 || mode != "sink" && received == 0 {
						t.Fatalf("client: %s", out)
					}
					// What the program writes by itself is a request and a trailer.
					const small = 200
					in, o := n.GuestCopiedIn, n.GuestCopiedOut
					wantIn, wantOut := sent*c.copies, received*c.copies
					if in < wantIn || in > wantIn+small || o < wantOut || o > wantOut+small {
						t.Errorf("the guest copied %d bytes in and %d out of %d and %d, want %d and %d", in, o, sent, received, wantIn, wantOut)
					}
					t.Logf("%s%d bytes copied in, %d out", out, in, o)
				})
			}
		}
	}
}
