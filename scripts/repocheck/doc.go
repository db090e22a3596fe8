// Package repocheck holds the rules of this repository that no compiler knows, as
// tests over its tracked files: which package may import which (layers_test.go),
// how Go source is laid out and documented (source_test.go), what no file may
// contain (text_test.go), and that the commands in README.md exist
// (readme_test.go). A test that fails names the file, the line and the rule.
//
// It has no code for other packages. It sees tracked files only, so work in
// progress is judged when it is committed.
package repocheck
