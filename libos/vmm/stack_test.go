package vmm

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"unibench/libos/abi"
)

// parseStack reads an initial stack as a program does, by the System V ABI.
func parseStack(t *testing.T, m *memory, rsp uint64) (args, env []string, aux map[uint64]uint64, end uint64) {
	t.Helper()
	word := func() uint64 {
		w := m.words(rsp, 1)[0]
		rsp += 8
		return w
	}
	str := func(at uint64) string {
		n := bytes.IndexByte(m.bytes[at:], 0)
		end = max(end, at+uint64(n)+1)
		return string(m.bytes[at:][:n])
	}
	for range word() {
		args = append(args, str(word()))
	}
	if w := word(); w != 0 {
		t.Errorf("argv ends with %#x, want 0", w)
	}
	for p := word(); p != 0; p = word() {
		env = append(env, str(p))
	}
	aux = map[uint64]uint64{}
	for tag := word(); tag != atNull; tag = word() {
		aux[tag] = word()
	}
	return args, env, aux, end
}

func TestInitialStack(t *testing.T) {
	random := []byte("0123456789abcdef, and no more")
	long := strings.Repeat("x", 130<<10)
	many := slices.Repeat([]string{"argument"}, 5000)
	for _, c := range []struct {
		name      string
		args, env []string
	}{
		{"one", []string{"prog"}, nil},
		{"none", nil, nil},
		{"empty strings", []string{"", "", ""}, []string{"A="}},
		{"usual", []string{"prog", "-v", "file"}, []string{"HOME=/", "PATH=/bin"}},
		{"odd number of words", []string{"a", "b"}, []string{"A=1"}},
		{"long", []string{"prog", long}, []string{"L=" + long}},
		{"many", many, many},
		{"no ASCII", []string{"\xff\xfe", "\u00e4\u00f6"}, []string{"\x01=\x02"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newInitialStack(c.args, c.env, random)
			const bottom = 0x10000
			top := pageUp(bottom + s.size())
			m := memoryOf(t, top+abi.PageSize)
			for i := range m.bytes[top:] {
				m.bytes[top:][i] = 0xcc // new memory below is zero, as in a machine
			}
			rsp := s.write(m, top)
			if rsp%16 != 0 {
				t.Errorf("stack pointer %#x is no multiple of 16", rsp)
			}
			if top-rsp > s.size() {
				t.Errorf("the stack takes %d bytes, size() says %d", top-rsp, s.size())
			}
			args, env, aux, end := parseStack(t, m, rsp)
			if !slices.Equal(args, c.args) || !slices.Equal(env, c.env) {
				t.Errorf("%d arguments, %d variables come back as others, %d, %d", len(c.args), len(c.env), len(args), len(env))
			}
			if aux[atPageSz] != abi.PageSize || aux[atSecure] != 0 || len(aux) != 3 {
				t.Errorf("auxiliary vector %v", aux)
			}
			if got := m.bytes[aux[atRandom]:][:16]; string(got) != "0123456789abcdef" {
				t.Errorf("random bytes %q", got)
			}
			if end > top || !bytes.Equal(m.bytes[top:], bytes.Repeat([]byte{0xcc}, abi.PageSize)) {
				t.Error("the stack reaches beyond its top")
			}
		})
	}
}
