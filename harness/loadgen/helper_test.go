package loadgen

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The test program is its own helper: with these roles it is a server or the load
// generator in a process of its own.
const roleVariable = "LOADGEN_TEST_ROLE"

func TestMain(m *testing.M) {
	switch role := os.Getenv(roleVariable); role {
	case "":
		os.Exit(m.Run())
	case "loadgen":
		os.Exit(Main(os.Stdin, os.Stdout))
	default:
		if err := helper(role); err != nil {
			fmt.Fprintln(os.Stderr, role+":", err)
			os.Exit(1)
		}
	}
}

// work uses the processor for a while.
func work(bytes int) [32]byte { return sha256.Sum256(make([]byte, bytes)) }

const helloBody = "Hello, world!\n"

// helper serves until its input ends.
func helper(role string) error {
	switch role {
	case "nethttp":
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		fmt.Println(l.Addr())
		go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/work" {
				work(64 << 10)
			}
			io.WriteString(w, helloBody)
		}))
	case "resp":
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		fmt.Println(l.Addr())
		go acceptAll(l, handleRESP(func(_ int64, answer string) string {
			work(32 << 10)
			return answer
		}))
	case "sink":
		var c Config
		line, err := bufio.NewReader(os.Stdin).ReadString('\n')
		if err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			return err
		}
		c.Defaults()
		s, err := newSink(&c)
		if err != nil {
			return err
		}
		fmt.Println(c.Addr)
		s.start(nil)
	default:
		return fmt.Errorf("no such role")
	}
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// helperBinary is this test program without the race detector, which would make
// its load generator several times slower.
func helperBinary(t testing.TB) string {
	t.Helper()
	if !raceEnabled {
		return os.Args[0]
	}
	path := filepath.Join(t.TempDir(), "helper")
	if out, err := exec.Command("go", "test", "-c", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("build the helper: %v\n%s", err, out)
	}
	return path
}

// startHelper starts a helper and returns its address and process.
func startHelper(t testing.TB, cmd *exec.Cmd, role string) (addr string, pid int) {
	t.Helper()
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("helper %s: %v", role, err)
		}
	})
	addr, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("helper %s said nothing: %v", role, err)
	}
	return strings.TrimSpace(addr), cmd.Process.Pid
}

// runHelper runs the generator in a process of its own.
func runHelper(t testing.TB, cmd *exec.Cmd, cfg Config) Result {
	t.Helper()
	text, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	cmd.Env = append(os.Environ(), roleVariable+"=loadgen")
	cmd.Stderr = os.Stderr
	cmd.Stdin = strings.NewReader(string(text))
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("load generator: %v\n%s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	last, ok := strings.CutPrefix(lines[len(lines)-1], "result ")
	var r Result
	if !ok {
		t.Fatalf("load generator said %q", out)
	}
	if err := json.Unmarshal([]byte(last), &r); err != nil {
		t.Fatal(err)
	}
	return r
}
