// Package trend orders stored runs in time, one series per suite, host class,
// benchmark, target and unit, and finds the commits with which their level changed
// (harness contract, section 7, rule 14).
//
// A point is one run: the median of its trials with the order-statistic interval. The
// change points of a series of medians are those of package changepoint; a change has
// to be of the size that a comparison asks for, too: the greater of Min and
// noise.Factor noise floors. A unit without a distribution (assume=exact) has no
// noise: each change from one run to the next is an event.
//
// The ratio of each target to the base of its run, in primary units, is a series of its
// own: both were measured in the same blocks, so that a host that became slower cancels.
// Its noise floor is that of the noisier of the two.
//
// A change came in with the commit of the first run on the new level, or with any
// that was not measured since the last run on the old one. If both are of the same
// commit, the host changed, or what the commit does not hold.
//
// Runs that compare two builds, among them those of bench selftest, are in no history
// (record.Run.Apart): they are built with other flags and answer for themselves.
//
// Runs of other versions of a suite or other parameters of a benchmark are other
// series. The package reads no files and prints nothing.
package trend
