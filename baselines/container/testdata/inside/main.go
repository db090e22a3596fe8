// Command inside reports, as JSON, what a container looks like from within.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
)

func main() {
	switch os.Args[1] {
	case "end":
		return
	case "wait":
		fmt.Println("waiting")
		io.Copy(io.Discard, os.Stdin)
		return
	case "hang":
		fmt.Println("hanging")
		// A live read end nobody writes to: waits for ever, without
		// the runtime's deadlock check.
		r, w, err := os.Pipe()
		if err != nil {
			panic(err)
		}
		r.Read(make([]byte, 1))
		w.Close()
	}
	got := map[string]string{
		"pid": strconv.Itoa(os.Getpid()),
		"uid": strconv.Itoa(os.Getuid()),
		"env": strings.Join(os.Environ(), " "),
	}
	for _, ns := range []string{"pid", "mnt", "net", "ipc", "uts", "user"} {
		got["ns-"+ns], _ = os.Readlink("/proc/self/ns/" + ns)
	}
	entries, _ := os.ReadDir("/")
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	got["root"] = strings.Join(names, " ")
	names = nil
	interfaces, _ := net.Interfaces()
	for _, i := range interfaces {
		names = append(names, i.Name)
	}
	got["interfaces"] = strings.Join(names, " ")
	stdin, _ := io.ReadAll(os.Stdin)
	got["stdin"] = string(stdin)
	got["write"] = "possible"
	if err := os.WriteFile("/file", nil, 0o600); err != nil && strings.Contains(err.Error(), "read-only") {
		got["write"] = "read-only"
	}
	json.NewEncoder(os.Stdout).Encode(got)
}
