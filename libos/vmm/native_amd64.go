package vmm

func nativeCPUID(leaf, subleaf uint32) (ax, bx, cx, dx uint32) // defined in native_amd64.s
