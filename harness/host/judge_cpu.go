package host

import "fmt"

func judgeCPUs(c CPU) Finding {
	f := Finding{Rule: "cpus", Severity: OK, Text: fmt.Sprintf("%d processors", c.Threads), Means: "the harness has one of its own"}
	if c.Threads < 2 {
		f.Severity, f.Inherent, f.Text = Warn, true, "one processor"
		f.Means, f.Next = "the harness takes its time from the system under test", "use a host with two or more"
	}
	return f
}

func judgeSMT(c CPU) Finding {
	if !c.SMT {
		return Finding{Rule: "smt", Severity: OK, Text: "hyper-threading is off or not shown", Means: "no processor shares its core, as far as this host tells"}
	}
	return Finding{
		Rule: "smt", Severity: Warn, Text: "hyper-threading is on",
		Means: "two processors share a core: what runs on one slows the other by a third or so",
		Next:  "place the system under test with -cpus on a core of its own; /sys/devices/system/cpu/cpu*/topology/thread_siblings_list says which share",
	}
}

func judgeNUMA(s *Snapshot) Finding {
	if s.CPU.NUMANodes < 2 {
		return Finding{Rule: "numa", Severity: OK, Text: "one memory node", Means: "all memory is equally far"}
	}
	f := Finding{
		Rule: "numa", Severity: Warn, Text: fmt.Sprintf("%d memory nodes", s.CPU.NUMANodes),
		Means: "memory of another node is slower, and which one a program gets is chance",
		Next:  "place the system under test and the harness with -cpus on one node",
	}
	if s.Kernel.NUMABalance != "" && s.Kernel.NUMABalance != "0" {
		f.Text += ", and the kernel moves pages between them"
		f.Next += "; bench doctor -tune stops the moving"
	}
	return f
}

func judgeGovernor(c CPU) Finding {
	f := Finding{Rule: "governor", Severity: OK, Text: "frequency governor is " + c.Governor, Means: "the frequency follows no load"}
	switch c.Governor {
	case "performance":
	case "":
		f.Severity, f.Inherent, f.Text = Warn, true, "processor frequency is not visible here"
		f.Means, f.Next = "a change of frequency looks like one of the program", "look at the canary of a run, which shows drift of the host"
	default:
		f.Severity = Warn
		f.Means, f.Next = "the processor is slow at the start of each trial, and how soon it speeds up depends on the load", "as root: bench doctor -tune"
	}
	return f
}

func judgeTurbo(c CPU) Finding {
	f := Finding{Rule: "turbo", Severity: OK, Means: "the frequency does not depend on temperature and on neighbouring cores"}
	switch c.Turbo {
	case "on":
		f.Severity, f.Text = Warn, "turbo is on"
		f.Means, f.Next = "the frequency depends on temperature and on how many cores work: what runs later, or beside others, is slower", "as root: bench doctor -tune"
	case "off":
		f.Text = "turbo is off"
	default:
		f.Text, f.Means = "turbo is not visible here", "see governor"
	}
	return f
}
