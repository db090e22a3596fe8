// Command uni builds Go programs as unikernels, boots them under KVM, and
// explains the result.
//
//	uni build [-o FILE] [go build flags] PKG
//	uni run [-mem 64M] [-cpus N] [-root DIR] [-env K=V]... [-stats FILE] [-core FILE] [-trace FILE] [-net SPEC] [go build flags] PKG|IMAGE [-- args]
//	uni test [-mem SIZE] [-cpus N] [-net SPEC] [go test flags] [PKG...] [flags of the tests]
//	uni inspect [-json] IMAGE
//	uni doctor [-json]
//	uni completion bash|zsh|fish
//	uni version
//	uni help [COMMAND]
//
// PKG is a package main, named as for go build: by folder (./app), by import
// path, or as a list of Go files. The user's own go command builds it; plain go
// build of the same package is not affected. `uni help COMMAND` has the rest.
//
// Exit status: 0 success; 1 failure of build, test, inspect or doctor; 2 wrong usage;
// 125 if `uni run` could not build or start the program, else the program's
// own.
package main

import "os"

func main() {
	os.Exit(run(os.Stdout, os.Stderr, os.Args[1:]))
}
