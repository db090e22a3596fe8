package main

import (
	"fmt"
	"strings"
)

const buildUsage = `usage: uni build [-o FILE] [go build flags] PKG

Builds the package main PKG (a folder, an import path, or Go files) as a
unikernel image. The image's name is FILE, or that of go build with ".uni"
behind it. Flags of go build work as they do there, among them -tags, -ldflags,
-trimpath, -mod, -C; sanitizers and other build modes than exe do not.
`

const runUsage = `usage: uni run [flags] [go build flags] PKG|IMAGE [-- args]

Boots an image under KVM; a package is built first, and its image is not kept.
The program gets args, standard input, output and error, and signals, as if it
were a process, and its exit status becomes that of uni run. 125 means that it
could not be built or started. SIGQUIT makes a Go program print its goroutines and
end; a second one ends it in any case and prints the registers of each processor.

  -mem SIZE     memory of the unikernel, such as 64M
  -cpus N       number of processors
  -root DIR     folder whose files the program finds under /
  -env K=V      environment variable of the program, may be repeated
  -stats FILE   write the run's statistics there, as JSON
  -stats-fd N   inherited socket: each byte that is written to it asks for the
                statistics of the moment, one line of JSON
  -core FILE    write an ELF core there, for gdb IMAGE FILE and dlv core IMAGE
                FILE, if the program dies of a signal or a fatal error of Go, if
                the library OS breaks, or at a second SIGQUIT; otherwise FILE
                stays empty. Of a package, uni build makes the same image again
  -trace FILE   write a line there for each system call, as strace does
  -net SPEC     attach the program to an existing TAP interface:
                  tap=NAME or tapfd=N[+N...]  its name, or inherited descriptors
                  ip=ADDRESS/BITS  gw=ADDRESS  or dhcp
                  ip6=ADDRESS/BITS  gw6=ADDRESS
                  dns=ADDRESS[+ADDRESS...]  mac=ADDRESS  mtu=N  queues=N
                separated by commas, such as tap=tap0,ip=198.18.0.2/24
`

const testUsage = `usage: uni test [flags] [go test flags] [PKG...] [flags of the tests]

Is go test, with each test binary built as a unikernel and booted in a VM of its
own: the same flags, output and exit status. A test finds itself in the folder of
its package, with all files of its module (of GOROOT for the standard library)
where they are on the host; what it writes there is gone with the VM, but for
profiles. It has this process's environment. Packages are vetted beforehand, and
no result is taken from a cache.

  -mem SIZE     memory of each VM (a quarter of the host's, 1G to 16G)
  -cpus N       processors of each VM (those of the host)
  -net SPEC     network of each VM, as for uni run, with -p=1

Not here: -fuzz and -race, which need more than one process, or C.
`

const inspectUsage = `usage: uni inspect [-json] IMAGE

Prints an image's segments, entry point, Go version and build settings, the
linked parts of the library OS with their sizes, and the functions that hold a
raw SYSCALL instruction.
`

const doctorUsage = `usage: uni doctor [-json]

Checks what building and booting need: the Go toolchain, the cache folder, the
monitor, /dev/kvm and its capabilities, the processor, memory. Says what to do
about each thing that is missing. The exit status is 1 if there is one.
`

const versionUsage = `usage: uni version

Prints the version of uni, of the image format, and of Go.
`

const helpUsage = `usage: uni help [COMMAND]

Explains a command.
`

// overview is what uni prints without a command.
func overview() string {
	var b strings.Builder
	b.WriteString("uni builds Go programs as unikernels and boots them under KVM.\n\nusage: uni COMMAND [args]\n\n")
	for _, c := range commands() {
		fmt.Fprintf(&b, "  %-10s  %s\n", c.name, c.summary)
	}
	b.WriteString("\nuni help COMMAND says more.\n")
	return b.String()
}

// help implements uni help.
func (a *app) help(args []string) error {
	if len(args) == 0 {
		_, err := fmt.Fprint(a.stdout, overview())
		return err
	}
	if len(args) > 1 {
		return usagef("too many arguments: give one command")
	}
	for _, c := range commands() {
		if c.name == args[0] {
			_, err := fmt.Fprint(a.stdout, c.usage)
			return err
		}
	}
	return usagef("unknown command %q: see uni help", args[0])
}
