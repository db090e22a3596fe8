package doctor

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// needMemory is what must be available, in bytes: twice the default memory of
// a unikernel, for the guest, the monitor and the page cache of the image.
const needMemory = 128 << 20

// checkCPU looks for the processor features that an image uses without asking.
func checkCPU(cpuinfo string) Finding {
	f := Finding{Name: "cpu"}
	value, err := procField(cpuinfo, "flags")
	if err != nil {
		f.Detail, f.Fix = err.Error(), "mount proc"
		return f
	}
	flags := strings.Fields(value)
	var missing []string
	for _, name := range []string{"fsgsbase", "xsave", "nx", "constant_tsc"} {
		if !slices.Contains(flags, name) {
			missing = append(missing, name)
		}
	}
	if missing != nil {
		f.Detail = "missing " + strings.Join(missing, ", ")
		f.Fix = "use a newer processor, or a hypervisor that passes these features on"
		return f
	}
	f.OK, f.Detail = true, "all features that are needed"
	return f
}

func checkMemory(meminfo string) Finding {
	f := Finding{Name: "memory"}
	value, err := procField(meminfo, "MemAvailable")
	if err != nil {
		f.Detail, f.Fix = err.Error(), "mount proc"
		return f
	}
	kib, err := strconv.ParseUint(strings.TrimSuffix(value, " kB"), 10, 54)
	if err != nil {
		f.Detail, f.Fix = fmt.Sprintf("read %s: %v", meminfo, err), "mount proc"
		return f
	}
	f.OK = kib<<10 >= needMemory
	f.Detail = fmt.Sprintf("%d MiB available", kib>>10)
	if !f.OK {
		f.Fix = fmt.Sprintf("free some: %d MiB are needed, or run small programs with -mem 16M", needMemory>>20)
	}
	return f
}

// procField returns the value of the first line "name: value" of a file.
func procField(file, name string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(text)) {
		key, value, ok := strings.Cut(line, ":")
		if ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value), nil
		}
	}
	return "", errors.New("no " + name + " in " + file)
}
