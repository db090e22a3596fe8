// Package verify decides whether stored results still are what was measured.
//
// Run looks at the folder of one run: its layout and every contradiction that package
// record knows, that each planned trial has ended, that each file has the digest of
// SHA256SUMS and none is beside the list, and that the numbers of tables/*.json and
// tables/*.csv are those which its trials lead to. So a digit that was changed in one
// sample is found also where the digests were made anew.
//
// Sums looks at any other folder with a SHA256SUMS, and Tree at everything below a
// root. Numbers are compared as they are written, digit by digit: the arithmetic is
// deterministic. Text of notes may differ, because its wording does from one version of
// bench to the next; so does what a later version adds.
//
// What is wrong is a *record.DataError that names the file. The package changes nothing.
package verify
