// Package record reads and writes the results folder of one benchmark run, to
// the layout of the harness contract: results layout, benchfmt conventions and
// metadata (sections 4 to 6).
//
//	<root>/<suite>/<host-class>/<UTC yyyymmddThhmmssZ>-<commit12>[-dirty]/
//	  run.json        what was asked for: type Run, written once
//	  host.json       snapshots of the host before and after: type Host
//	  schedule.jsonl  one planned trial a line, in order: type Slot
//	  trials.jsonl    one trial a line, as it ended: type Trial
//	  <suite>.bench   the complete trials in the Go benchmark format
//	  hist/           latency histograms, one file a trial
//	  raw/ tables/ plots/ REPORT.md SHA256SUMS
//
// trials.jsonl is the record; the .bench file is derived from it and can always
// be rebuilt. A trial's lines are written and synced to the disk before Append
// returns, trials.jsonl first, so that an interruption, a full disk or kill -9
// loses at most the trial that was running. A folder appears under its final
// name only with its header files complete.
//
// Create opens a new folder, Resume continues one, Load reads one without
// changing it. A Writer holds an advisory lock on the folder until it is closed
// or its process ends. A last line that was cut short is expected damage: it is
// set aside with a warning. Any other contradiction is a *DataError, which a
// command turns into exit status 4; a disk that cannot be written gives a
// *WriteError.
//
// The package computes no statistics, prints nothing and measures nothing.
package record
