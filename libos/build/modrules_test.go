package build

import (
	"go/parser"
	"go/token"
	"path"
	"strconv"
	"strings"
	"testing"
)

// stackPackages are the packages that a socket layer needs.
func stackPackages() []string {
	const tcpip = "gvisor.dev/gvisor/pkg/tcpip/"
	return []string{
		tcpip + "stack", tcpip + "network/arp", tcpip + "network/ipv4", tcpip + "network/ipv6",
		tcpip + "transport/tcp", tcpip + "transport/udp", tcpip + "transport/icmp", tcpip + "transport/raw", tcpip + "transport/packet",
		tcpip + "link/ethernet", tcpip + "link/loopback",
	}
}

// TestModuleRules places the stack, with which every rule must fit its file and
// have an effect, and looks at what comes out.
func TestModuleRules(t *testing.T) {
	tc := installed(t)
	mods, rules := pinnedModules(), gvisorRules()
	dirs, err := moduleDirs(t.Context(), tc, mods)
	if err != nil {
		t.Fatal(err)
	}
	c := newClosure(mods, rules, dirs, tc.version)
	if err := c.add(stackPackages()...); err != nil {
		t.Fatal(err)
	}
	seen := map[[2]string]bool{}
	for i, r := range rules {
		t.Run(path.Join(r.Edit.File, r.name()), func(t *testing.T) {
			if !c.used[i] {
				t.Error("the rule has no effect")
			}
			if r.Reason == "" {
				t.Error("the rule has no reason")
			}
			if key := [2]string{r.Edit.File, r.name()}; seen[key] {
				t.Error("two rules have the same name")
			} else {
				seen[key] = true
			}
		})
	}
	for name, text := range c.out {
		if path.Ext(name) != ".go" {
			t.Errorf("placed %s", name)
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
		if err != nil {
			t.Errorf("placed %s: %v", name, err)
			continue
		}
		for _, spec := range file.Imports {
			if target, err := strconv.Unquote(spec.Path.Value); err != nil || !belowNet(target) {
				t.Errorf("%s imports %s, which does not belong below package net", name, spec.Path.Value)
			}
		}
	}
}

// belowNet reports whether a package of the stack may import target.
func belowNet(target string) bool {
	for _, bad := range []string{"net", "crypto", "encoding/json", "encoding/gob", "regexp", "os", "log", "testing", "flag"} {
		if target == bad || strings.HasPrefix(target, bad+"/") {
			return false
		}
	}
	return !isThirdParty(target) && !strings.HasPrefix(target, vendoredPath+"golang.org/x/sys/")
}

// TestRuleNames: what a rule does shows in its name.
func TestRuleNames(t *testing.T) {
	tests := []struct {
		rule moduleRule
		want string
	}{
		{moduleRule{Import: "a/b", With: "c"}, "import of a/b"},
		{moduleRule{Drop: "*.go"}, "drop *.go"},
		{moduleRule{Edit: Edit{File: "a.go", Name: "constant"}}, "edit constant"},
	}
	for _, tt := range tests {
		if got := tt.rule.name(); got != tt.want {
			t.Errorf("name of %+v = %q, want %q", tt.rule, got, tt.want)
		}
	}
}
