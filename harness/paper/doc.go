// Package paper turns claims and stored runs into definitions for TeX: every number,
// table and figure that the text of paper/paper.tex shows, so that none is typed by
// hand.
//
// The file that Make returns is kept in the repository. It begins with the runs that it
// was made from, its pins, and states beside each value the query that leads to it:
//
//	% run boot/CLASS/TIME-COMMIT
//	% boot-milliseconds/start: median of Hello boot-first-ns unikernel, boot/CLASS/TIME-COMMIT
//	\ubset{boot-milliseconds/start/value}{4.21\,ms}
//
// The text says \ub{boot-milliseconds/start/value}, and fails to build if nothing has
// set that; \ubif{KEY}{A}{B} is A where KEY is set, else B. Runs that are published later
// change nothing until Make is called again: Choose then takes the newest ones. To verify
// a file is to call Make with its pins and to compare bytes.
package paper
