package doctor

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	name = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(name, []byte(text), 0o777); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestFindings(t *testing.T) {
	cpu := "processor : 0\nflags\t\t: fpu fsgsbase xsave nx constant_tsc\n\nprocessor : 1\n"
	fakeGo := func(version string) Options {
		return Options{Go: writeFile(t, "go", "#!/bin/sh\necho '{\"GOVERSION\":\""+version+"\",\"GOROOT\":\"/nowhere\"}'\n"), Dir: t.TempDir()}
	}
	tests := []struct {
		name   string
		got    Finding
		ok     bool
		detail string // in Detail
		fix    string // in Fix
	}{
		{"host", checkHost("linux", "amd64"), true, "linux/amd64", ""},
		{"other host", checkHost("darwin", "arm64"), false, "darwin/arm64", "linux/amd64"},
		{"cpu", checkCPU(writeFile(t, "cpuinfo", cpu)), true, "all", ""},
		{"old cpu", checkCPU(writeFile(t, "cpuinfo", strings.Replace(cpu, "fsgsbase", "", 1))), false, "missing fsgsbase", "newer processor"},
		{"no cpuinfo", checkCPU("none"), false, "none", "mount proc"},
		{"no flags", checkCPU(writeFile(t, "cpuinfo", "x: y\n")), false, "no flags", "mount proc"},
		{"memory", checkMemory(writeFile(t, "meminfo", "MemTotal: 1 kB\nMemAvailable:   262144 kB\n")), true, "256 MiB", ""},
		{"little memory", checkMemory(writeFile(t, "meminfo", "MemAvailable:   65536 kB\n")), false, "64 MiB", "-mem 16M"},
		{"bad meminfo", checkMemory(writeFile(t, "meminfo", "MemAvailable: x kB\n")), false, "meminfo", "mount proc"},
		{"cache", checkCache(filepath.Join(t.TempDir(), "a", "b")), true, "/a/b", ""},
		{"no cache", checkCache(""), false, "no cache", "HOME"},
		{"bad cache", checkCache(filepath.Join(writeFile(t, "file", ""), "x")), false, "file", "XDG_CACHE_HOME"},
		{"monitor", checkMonitor("/bin/uni-vmm"), true, "/bin/uni-vmm", ""},
		{"no monitor", checkMonitor(""), false, "uni-vmm", "go build -o bin/"},
		{"no go", checkGo(t.Context(), Options{Go: "go-that-is-not-there"}), false, "no go command", "install Go"},
		{"old go", checkGo(t.Context(), fakeGo("go1.25.1")), false, "go1.25.1 in /nowhere", "not supported"},
		{"broken go", checkGo(t.Context(), Options{Go: writeFile(t, "go", "#!/bin/sh\nexit 3\n")}), false, "exit status 3", "go env"},
	}
	for _, tt := range tests {
		if tt.got.OK != tt.ok || !strings.Contains(tt.got.Detail, tt.detail) || !strings.Contains(tt.got.Fix, tt.fix) || (tt.got.Fix == "") != tt.ok {
			t.Errorf("%s: %+v, want OK %v, detail %q, fix %q", tt.name, tt.got, tt.ok, tt.detail, tt.fix)
		}
		if text := tt.got.String(); !strings.Contains(text, tt.got.Detail) || strings.HasPrefix(text, "ok") != tt.ok {
			t.Errorf("%s: String() = %q", tt.name, text)
		}
	}
}

func TestCheckKVM(t *testing.T) {
	for _, tt := range []struct{ name, device, detail, fix string }{
		{"missing", "/nonexistent/kvm", "no such file", "load the module"},
		{"another device", "/dev/null", "inappropriate ioctl", "not a KVM device"},
	} {
		findings := checkKVM(tt.device)
		last := findings[len(findings)-1]
		if last.OK || !strings.Contains(last.Detail, tt.detail) || !strings.Contains(last.Fix, tt.fix) {
			t.Errorf("%s: %+v, want detail %q, fix %q", tt.name, last, tt.detail, tt.fix)
		}
	}
	if fix := openFix(unix.EACCES, "/dev/kvm"); !strings.Contains(fix, "usermod -aG kvm") {
		t.Errorf("openFix(EACCES) = %q", fix)
	}

	fd, err := unix.Open("/dev/kvm", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EACCES) {
		t.Skipf("no /dev/kvm: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Close(fd); err != nil {
		t.Fatal(err)
	}
	if findings := checkKVM("/dev/kvm"); len(findings) != 2 || !findings[0].OK {
		t.Errorf("checkKVM(/dev/kvm) = %+v", findings)
	}
}

func TestCheck(t *testing.T) {
	findings := Check(t.Context(), Options{Go: "go", Dir: t.TempDir(), CacheDir: t.TempDir(), KVM: "/nonexistent/kvm", Proc: "/proc"})
	names := make([]string, len(findings))
	for i, f := range findings {
		names[i] = f.Name
	}
	if got, want := strings.Join(names, ","), "host,go,cache,monitor,kvm,cpu,memory"; got != want {
		t.Errorf("Check = %s, want %s", got, want)
	}
	if Healthy(findings) {
		t.Error("Healthy = true without a monitor and without KVM")
	}
	if !Healthy(findings[:1]) {
		t.Error("Healthy(a good host) = false")
	}
}
