package build

// testenvEdits returns the edits of internal/testenv, by which the standard
// library's own tests find out what the system can do. It takes for granted that
// linux starts processes and reaches the Internet; here it tries, as it does on
// other systems, and tests that need either are skipped with the reason.
func testenvEdits() []Edit {
	const exec, env = "internal/testenv/exec.go", "internal/testenv/testenv.go"
	return []Edit{
		{
			File: exec, Name: "systems whose exec is tried",
			Anchor:  "\tcase \"wasip1\", \"js\", \"ios\":\n\tdefault:\n",
			Replace: "\tcase \"wasip1\", \"js\", \"ios\", \"linux\":\n\tdefault:\n",
		},
		{
			File: env, Name: "HasExternalNetwork",
			Anchor:  "\treturn !testing.Short() && runtime.GOOS != \"js\" && runtime.GOOS != \"wasip1\"\n",
			Replace: "\treturn !testing.Short() && libosHasRoute()\n",
		},
		{
			File: env, Name: "MustHaveExternalNetwork",
			Anchor:  "\tif runtime.GOOS == \"js\" || runtime.GOOS == \"wasip1\" {\n\t\tt.Helper()\n\t\tt.Skipf(\"skipping test: no external network on %s\", runtime.GOOS)\n",
			Replace: "\tif !libosHasRoute() {\n\t\tt.Helper()\n\t\tt.Skip(\"skipping test: the VM has no network but its own: see -net\")\n",
		},
	}
}
