package suite

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"

	"unibench/baselines/launch"
	"unibench/harness/stats"
	"unibench/harness/target"
)

// floorRuns is the number of starts behind the floor.
const floorRuns = 11

// tinyProgram returns the smallest static program that writes one byte to
// standard output and ends with status 0: an ELF file for amd64 (System V ABI,
// AMD64 supplement; elf(5)) of one header, one segment and these instructions:
//
//	push 1; pop rax; mov edi, eax; mov edx, eax   write(1, message, 1)
//	lea rsi, [rip+message]; syscall
//	push 60; pop rax; xor edi, edi; syscall       exit(0)
func tinyProgram() []byte {
	const base, headers = 0x400000, 64 + 56
	code := []byte{
		0x6a, 0x01, 0x58, 0x89, 0xc7, 0x89, 0xc2,
		0x48, 0x8d, 0x35, 9, 0, 0, 0, 0x0f, 0x05,
		0x6a, 0x3c, 0x58, 0x31, 0xff, 0x0f, 0x05,
		'.',
	}
	le := binary.LittleEndian
	b := append([]byte("\x7fELF"), 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	b = le.AppendUint16(b, 2)  // executable
	b = le.AppendUint16(b, 62) // amd64
	b = le.AppendUint32(b, 1)
	b = le.AppendUint64(b, base+headers) // entry
	b = le.AppendUint64(b, 64)           // program headers
	b = le.AppendUint64(b, 0)
	b = le.AppendUint32(b, 0)
	for _, v := range []uint16{64, 56, 1, 64, 0, 0} {
		b = le.AppendUint16(b, v)
	}
	size := uint64(headers + len(code))
	b = le.AppendUint32(b, 1) // load
	b = le.AppendUint32(b, 5) // read, execute
	for _, v := range []uint64{0, base, base, size, size, 0x1000} {
		b = le.AppendUint64(b, v)
	}
	return append(b, code...)
}

// measureFloor says how much of every boot time is the measurement itself and
// what no program can avoid: fork, execve, one byte through a pipe, one wake-up.
func measureFloor(ctx context.Context, env *target.Env) (string, error) {
	name := filepath.Join(env.Scratch.Dir(), "tiny")
	if err := os.WriteFile(name, tinyProgram(), 0o755); err != nil {
		return "", fmt.Errorf("measure floor: %w", err)
	}
	var first []float64
	for range floorRuns {
		r, err := launch.Run(ctx, launch.Spec{Path: name, Args: []string{"tiny"}, CPUs: env.CPUs})
		if err != nil {
			return "", fmt.Errorf("measure floor: %w", err)
		}
		if string(r.Stdout) != "." || r.ExitStatus != 0 {
			return "", fmt.Errorf("measure floor: the tiny program wrote %q and ended with %d", r.Stdout, r.ExitStatus)
		}
		first = append(first, float64(r.FirstByte-r.Start)/1e6)
	}
	return fmt.Sprintf("floor of boot-first: %.2f ms (median of %d) for a static program of %d bytes that only writes one byte",
		stats.Quantile(first, 0.5), floorRuns, len(tinyProgram())), nil
}
