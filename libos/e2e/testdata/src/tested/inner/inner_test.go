package inner

import (
	"os"
	"testing"
)

func TestInner(t *testing.T) {
	text, err := os.ReadFile("testdata/data.txt")
	above, err2 := os.ReadFile("../go.mod")
	t.Logf("%q %v %d %v", text, err, len(above), err2)
}
