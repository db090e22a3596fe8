package suite

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"

	"unibench/harness/hist"
	"unibench/harness/loadgen"
	"unibench/harness/record"
)

// errNoResult means that the load generator ended without its last line.
var errNoResult = errors.New("the load generator gave no result")

// resultLine begins the last line of the generator's output, and errorLine the one
// that may stand in its place.
const (
	resultLine = "result "
	errorLine  = "error "
)

// parseResult reads the output of a generator.
func parseResult(stdout, stderr []byte) (*loadgen.Result, error) {
	for line := range strings.Lines(string(stdout)) {
		if text, ok := strings.CutPrefix(line, errorLine); ok {
			return nil, fmt.Errorf("load generator: %s", strings.TrimSpace(text))
		}
		if text, ok := strings.CutPrefix(line, resultLine); ok && strings.HasSuffix(line, "\n") {
			var r loadgen.Result
			if err := json.Unmarshal([]byte(text), &r); err != nil {
				return nil, fmt.Errorf("read the load generator's result: %w", err)
			}
			return &r, nil
		}
	}
	const most = 300
	return nil, fmt.Errorf("%w: %q", errNoResult, stderr[max(0, len(stderr)-most):])
}

// late returns why an open-loop period says more of the generator than of the
// server, or "".
func late(t *loadgen.Trial) string {
	if t.Lag == nil || t.Corrected == nil || float64(t.Lag.P99) <= lateShare*float64(t.Corrected.P99) {
		return ""
	}
	return fmt.Sprintf("the generator was late: schedule lag p99 %d ns is above %.0f %% of the latency's p99 of %d ns", t.Lag.P99, 100*lateShare, t.Corrected.P99)
}

// judge returns what the statuses of a result mean for the trial that it belongs
// to: an error for wrong answers, the reason if the generator was the limit. A
// server that did not keep up with an offered rate is neither.
func judge(r *loadgen.Result) (limited string, err error) {
	for i := range r.Trials {
		t := &r.Trials[i]
		if reason := late(t); reason != "" && t.Status == record.Complete {
			t.Status, t.Reason = record.GeneratorLimited, reason
		}
		switch t.Status {
		case record.Complete:
		case record.GeneratorLimited:
			limited = t.Reason
		case record.TimedOut:
			if !t.Saturated {
				return "", errors.New(t.Reason)
			}
		default:
			return "", fmt.Errorf("%s: %s", t.Status, t.Reason)
		}
	}
	if len(r.Trials) == 0 && r.Status != record.Complete {
		return "", fmt.Errorf("%s: %s", r.Status, r.Reason)
	}
	return limited, nil
}

// seen returns what the server's clients saw in a period.
func seen(protocol loadgen.Protocol, t *loadgen.Trial) map[string]float64 {
	if protocol == loadgen.Stream {
		return map[string]float64{"goodput-B/s": t.GoodputIn + t.GoodputOut}
	}
	values := map[string]float64{"req/s": t.Rate}
	h := t.Corrected
	if h == nil {
		h = t.Uncorrected // of a closed loop, which has no other
	}
	if h != nil {
		for unit, v := range map[string]int64{
			"p50-lat-ns": h.P50, "p90-lat-ns": h.P90, "p99-lat-ns": h.P99, "p999-lat-ns": h.P999, "max-lat-ns": h.Max,
		} {
			values[unit] = float64(v)
		}
	}
	return values
}

// Tags of histograms in a log, to which a sweep adds the rate.
const (
	TagCorrected   = "corrected"   // from the moment a request was due
	TagUncorrected = "uncorrected" // from the moment it was sent
	tagLag         = "lag"         // how late the generator was
)

// HistFile is the histogram log of a trial, relative to the results folder, with
// forward slashes.
func HistFile(s record.Slot) string {
	return path.Join(record.HistDir, strings.ToLower(s.Benchmark), s.Target, fmt.Sprintf("t%03d.hlog", s.Block))
}

// intervals returns the histograms of the periods of a result.
func intervals(r *loadgen.Result) []hist.Interval {
	var out []hist.Interval
	at := 0.0
	for i := range r.Trials {
		t := &r.Trials[i]
		seconds := float64(t.EndNS-t.StartNS) / 1e9
		for _, h := range []struct {
			tag string
			*loadgen.Histogram
		}{{TagCorrected, t.Corrected}, {TagUncorrected, t.Uncorrected}, {tagLag, t.Lag}} {
			if h.Histogram == nil {
				continue
			}
			tag := h.tag
			if t.Offered > 0 && len(r.Trials) > 1 {
				tag += "-rate=" + rateName(t.Offered)
			}
			out = append(out, hist.Interval{Tag: tag, Start: at, Seconds: seconds, MaxNS: h.Max, HDR: h.HDR})
			h.HDR = "" // kept here, not twice
		}
		at += seconds
	}
	return out
}
