package posix

// Names that Linux gives to bits of CPUID (arch/x86/include/asm/cpufeatures.h),
// from bit 0 up; a dash is a bit without one.
var cpuFlags = []struct {
	leaf, subleaf uint32
	register      int // index into the answer
	names         string
}{
	{1, 0, 3, "fpu vme de pse tsc msr pae mce cx8 apic - sep mtrr pge mca cmov pat pse36 pn clflush - dts acpi mmx fxsr sse sse2 ss ht tm ia64 pbe"},
	{0x80000001, 0, 3, "- - - - - - - - - - - syscall - - - - - - - mp nx - mmxext - - fxsr_opt pdpe1gb rdtscp - lm 3dnowext 3dnow"},
	{1, 0, 2, "pni pclmulqdq dtes64 monitor ds_cpl vmx smx est tm2 ssse3 cid sdbg fma cx16 xtpr pdcm - pcid dca sse4_1 sse4_2 x2apic movbe popcnt tsc_deadline_timer aes xsave - avx f16c rdrand hypervisor"},
	{0x80000001, 0, 2, "lahf_lm cmp_legacy svm extapic cr8_legacy abm sse4a misalignsse 3dnowprefetch osvw ibs xop skinit wdt - lwp fma4 tce - nodeid_msr - tbm topoext perfctr_core perfctr_nb - bpext ptsc perfctr_llc mwaitx"},
	{7, 0, 1, "fsgsbase tsc_adjust sgx bmi1 hle avx2 - smep bmi2 erms invpcid rtm cqm - mpx rdt_a avx512f avx512dq rdseed adx smap avx512ifma - clflushopt clwb intel_pt avx512pf avx512er avx512cd sha_ni avx512bw avx512vl"},
	{0xd, 1, 0, "xsaveopt xsavec xgetbv1 xsaves"},
	{7, 1, 0, "- - - - avx_vnni avx512_bf16"},
	{7, 0, 2, "- avx512vbmi umip pku ospke waitpkg avx512_vbmi2 - gfni vaes vpclmulqdq avx512_vnni avx512_bitalg tme avx512_vpopcntdq - la57 - - - - - rdpid - bus_lock_detect cldemote - movdiri movdir64b enqcmd"},
	{7, 0, 3, "- - avx512_4vnniw avx512_4fmaps fsrm - - - avx512_vp2intersect - md_clear - - - serialize - tsxldtrk - pconfig arch_lbr - - amx_bf16 avx512_fp16 amx_tile amx_int8 - - flush_l1d arch_capabilities"},
}

// flagNames returns the names of all bits that are set.
func (p *Process) flagNames() (text string) {
	highest := p.hal.CPUID(0, 0)[0]
	for _, f := range cpuFlags {
		if f.leaf < 0x80000000 && f.leaf > highest {
			continue
		}
		bits, names := p.hal.CPUID(f.leaf, f.subleaf)[f.register], f.names
		for ; names != ""; bits >>= 1 {
			end := 0
			for end < len(names) && names[end] != ' ' {
				end++
			}
			if name := names[:end]; bits&1 != 0 && name != "-" {
				text += " " + name
			}
			names = names[min(end+1, len(names)):]
		}
	}
	return text
}

// registerText returns the characters in registers, up to a zero.
func registerText(registers ...uint32) (text string) {
	for _, r := range registers {
		for ; r != 0; r >>= 8 {
			text += string([]byte{byte(r)})
		}
	}
	return text
}

// modelName returns the processor's own name (leaves 0x80000002 to 4).
func (p *Process) modelName() (name string) {
	if p.hal.CPUID(0x80000000, 0)[0] >= 0x80000004 {
		for leaf := uint32(0x80000002); leaf <= 0x80000004; leaf++ {
			r := p.hal.CPUID(leaf, 0)
			name += registerText(r[:]...)
		}
	}
	for name != "" && name[0] == ' ' {
		name = name[1:]
	}
	for name != "" && name[len(name)-1] == ' ' {
		name = name[:len(name)-1]
	}
	return name
}

// procCPUInfo has a block for each processor. All are cores of one package.
func (p *Process) procCPUInfo() (b []byte) {
	first := p.hal.CPUID(0, 0)
	sign := p.hal.CPUID(1, 0)
	family, model, stepping := sign[0]>>8&15, sign[0]>>4&15, sign[0]&15
	if family == 15 {
		family += sign[0] >> 20 & 0xff
	}
	if family >= 6 {
		model |= sign[0] >> 12 & 0xf0
	}
	hz := p.hal.Describe().ClockRate
	mhz := fraction(int(hz/1000), 3)
	cpus := p.hal.NumCPU()
	sizes := p.hal.CPUID(0x80000008, 0)[0]
	name, flags := p.modelName(), p.flagNames()
	for i := range cpus {
		for _, l := range [][2]string{
			{"processor\t", decimal(i)}, {"vendor_id\t", registerText(first[1], first[3], first[2])},
			{"cpu family\t", decimal(int(family))}, {"model\t\t", decimal(int(model))}, {"model name\t", name},
			{"stepping\t", decimal(int(stepping))}, {"cpu MHz\t\t", mhz}, {"physical id\t", "0"},
			{"siblings\t", decimal(cpus)}, {"core id\t\t", decimal(i)}, {"cpu cores\t", decimal(cpus)},
			{"apicid\t\t", decimal(i)}, {"fpu\t\t", "yes"}, {"fpu_exception\t", "yes"},
			{"cpuid level\t", decimal(int(first[0]))}, {"wp\t\t", "yes"}, {"flags\t\t", flags[min(1, len(flags)):]},
			{"bogomips\t", fraction(int(hz/5000), 2)}, {"clflush size\t", decimal(int(sign[1] >> 8 & 0xff * 8))},
			{"address sizes\t", decimal(int(sizes&0xff)) + " bits physical, " + decimal(int(sizes>>8&0xff)) + " bits virtual"},
		} {
			b = append(b, l[0]+": "+l[1]+"\n"...)
		}
		b = append(b, '\n')
	}
	return b
}
