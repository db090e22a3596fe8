// Package trial plans and runs trials: one fresh start of one program on one
// target each (harness contract, section 7, rules 1 to 4).
//
//	Schedule   randomised complete blocks, from a seed, before the first trial
//	Loop       runs what is pending of a schedule and records each trial at once
//	Expect     what a program must have written and how it must have ended
//	Canary     a fixed piece of work, to tell drift of the host from the targets
//	Quiet      lets trials begin when no neighbour uses the core of their processors
//	Labels     what is odd about a trial: an outlier among those before it, or not steady
//	Runner     runs auxiliary commands (builds), traced, with a timeout
//
// A trial is complete or it failed; a failed one is recorded with its letter and
// its output and never enters a statistic. A trial that was interrupted from
// outside is not recorded at all and runs again when the run is resumed.
//
// The package knows neither targets nor suites: the Loop calls a function.
package trial
