package systrace

import "testing"

func TestNames(t *testing.T) {
	for number, want := range map[int]string{0: "read", 59: "execve", 202: "futex", 257: "openat", 318: "getrandom", 450: "set_mempolicy_home_node", 511: "511", 100000: "100000"} {
		if got := Name(number); got != want {
			t.Errorf("Name(%d) = %q, want %q", number, got, want)
		}
	}
	seen := map[string]int{}
	for number, name := range names {
		if other, ok := seen[name]; ok && name != "" {
			t.Errorf("calls %d and %d are both %q", other, number, name)
		}
		seen[name] = number
	}
}
