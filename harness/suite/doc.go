// Package suite holds the benchmark suites, one file each, and runs them: it
// brings targets, trials and records together. All lists the suites.
//
//	NewPlan  checks and prepares targets, builds, fixes the schedule
//	Start    creates a results folder for a plan; Continue reopens one
//	Session  runs the pending trials of a folder
//
// The package prints nothing; progress is reported by a function.
package suite
