// Package claims holds what the field says about unikernels in a form that stored
// results can contradict: each claim names its source, the query on our results that
// tests it, and the range that the answer must lie in.
//
// A claims file is UTF-8 text in a strict subset of TOML 1.0, so that stock tools read
// it, too. A line is empty, a comment (#), a table head or an assignment:
//
//	version = 1                  first of all; nothing else stands outside a table
//
//	[[claim]]
//	id = "boot-milliseconds"     lower-case letters, digits, dashes; unique
//	statement = "..."            what is claimed, one sentence
//	published = "..."            the number as published
//	source = "..."               paper or project, figure or table, how it was read
//	needs = "bench run ..."      the command that produces the data
//	untested = "..."             instead of queries: why nothing can test it yet
//	note = "..."                 optional: how the test differs from the source
//
//	[[claim.query]]              one or more; all must hold
//	name = "start"               unique within the claim
//	suite = "boot"
//	benchmark = "Hello"
//	target = "unikernel"
//	unit = "boot-first-ns"
//	statistic = "median"         or "ratio", of medians, target by base
//	base = "process"             with ratio only
//	at_least = 1e6               the range; one bound may be missing
//	at_most = 40e6
//	tolerance = 0.05             optional share by which the bounds are widened
//
//	[[claim.cannot]]             optional, any number
//	host = "kvm-pvm-*"           pattern of host classes, as of path.Match
//	why = "..."                  why a number from there decides nothing
//
// Values are strings in double quotes on one line, with the escapes \" and \\, or
// decimal numbers. Unknown keys and tables, keys given twice and missing ones are
// errors with their line.
//
// Evaluate computes every number from trials, by package report, so it equals that of
// the run's own tables. A query is answered by the newest run of a host class that has
// the data. It holds if the whole interval lies in the range: an interval that reaches
// over a bound confirms nothing. Numbers of classes on which a claim cannot be tested
// are computed and shown all the same.
package claims
