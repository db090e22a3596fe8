// Package tested has tests that say where they find themselves.
package tested

// Double returns 2n.
func Double(n int) int {
	if n < 0 {
		return -Double(-n)
	}
	return n + n
}
