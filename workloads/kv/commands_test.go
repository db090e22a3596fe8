package main

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// bench is a server with a clock that stands still, and a connection to it.
type bench struct {
	*session
	at time.Time
}

func newBench() *bench {
	b := &bench{at: time.UnixMilli(1_000_000)}
	b.session = newSession(newService(func() time.Time { return b.at }))
	return b
}

// do sends a request of words and returns the reply with its line ends shown as
// spaces.
func (b *bench) do(words ...string) string {
	var in strings.Builder
	fmt.Fprintf(&in, "*%d\r\n", len(words))
	for _, w := range words {
		fmt.Fprintf(&in, "$%d\r\n%s\r\n", len(w), w)
	}
	b.out = b.out[:0]
	if n := b.step([]byte(in.String())); n != in.Len() {
		return fmt.Sprintf("%d bytes of %d were read: %s", n, in.Len(), b.out)
	}
	return strings.TrimRight(strings.ReplaceAll(string(b.out), "\r\n", " "), " ")
}

// TestCommands sends requests in order to one server; "+ms 5" moves its clock.
func TestCommands(t *testing.T) {
	for name, script := range map[string]string{
		"strings": `
			get a > $-1
			set a one > +OK
			GET a > $3 one
			Strlen a > :3
			append a !! > :5
			append b x > :1
			mget a none b > *3 $5 one!! $-1 $1 x
			mset c 1 d 2 c 3 > +OK
			mget c d > *2 $1 3 $1 2
			strlen none > :0
			set a > -ERR wrong number of arguments for 'set' command
			mset a 1 b > -ERR wrong number of arguments for 'mset' command`,
		"numbers": `
			incr n > :1
			incrby n 41 > :42
			decr n > :41
			decrby n 50 > :-9
			get n > $2 -9
			incrby n 1.5 > -ERR value is not an integer or out of range
			incrby n 01 > -ERR value is not an integer or out of range
			decrby n -9223372036854775808 > -ERR value is not an integer or out of range
			set n 9223372036854775807 > +OK
			incr n > -ERR increment or decrement would overflow
			decr n > :9223372036854775806
			set n -9223372036854775808 > +OK
			decr n > -ERR increment or decrement would overflow
			set n word > +OK
			incr n > -ERR value is not an integer or out of range`,
		"keys": `
			mset a 1 b 2 > +OK
			exists a a b none > :3
			dbsize > :2
			del a none a > :1
			exists a > :0
			flushall > +OK
			flushall async > +OK
			flushall now > -ERR syntax error
			dbsize > :0`,
		"expiry": `
			ttl a > :-2
			expire a 5 > :0
			set a 1 > +OK
			ttl a > :-1
			expire a 5 > :1
			+ms 1400 >
			ttl a > :4
			pttl a > :3600
			persist a > :1
			persist a > :0
			pexpire a 100 > :1
			append a 2 > :2
			pttl a > :100
			incr a > :13
			pttl a > :100
			set a 3 keepttl > +OK
			pttl a > :100
			set a 4 > +OK
			pttl a > :-1
			set b 1 px 100 > +OK
			set c 1 ex 1 > +OK
			+ms 99 >
			mget b c > *2 $1 1 $1 1
			+ms 1 >
			mget b c > *2 $-1 $1 1
			exists b c > :1
			expire c 0 > :1
			exists c > :0
			set d 1 > +OK
			expire d -1 > :1
			get d > $-1
			set e 1 > +OK
			expire e 9223372036854775807 > -ERR invalid expire time in 'expire' command
			pexpire e -9223372036854775808 > -ERR invalid expire time in 'pexpire' command
			expire e soon > -ERR value is not an integer or out of range
			set f 1 px 10 > +OK
			+ms 10 >
			set f 2 keepttl > +OK
			ttl f > :-1`,
		"set options": `
			set a 1 xx > $-1
			set a 1 nx > +OK
			set a 2 nx > $-1
			set a 3 xx px 50 > +OK
			get a > $1 3
			+ms 50 >
			set a 4 XX > $-1
			set a 4 nx ex 10 > +OK
			ttl a > :10
			set a 5 nx xx > -ERR syntax error
			set a 5 ex > -ERR syntax error
			set a 5 ex 1 px 1 > -ERR syntax error
			set a 5 ex 1 keepttl > -ERR syntax error
			set a 5 ex 0 > -ERR invalid expire time in 'set' command
			set a 5 px -1 > -ERR invalid expire time in 'set' command
			set a 5 ex 9223372036854775807 > -ERR invalid expire time in 'set' command
			set a 5 ex x > -ERR value is not an integer or out of range
			set a 5 whatever > -ERR syntax error
			get a > $1 4`,
		"server": `
			ping > +PONG
			ping hi > $2 hi
			echo hi > $2 hi
			select 0 > +OK
			select 1 > -ERR DB index is out of range
			select x > -ERR value is not an integer or out of range
			config get save none > *2 $4 save $0
			config get appendonly none > *2 $10 appendonly $2 no
			config set save x > -ERR only CONFIG GET is known
			command count > :26
			command docs > *0
			nonsense a > -ERR unknown command 'nonsense'
			abcdefghijklmnopqrstuvwxyz > -ERR unknown command 'abcdefghijklmnopqrstuvwxyz'
			quit > +OK`,
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench()
			for line := range strings.SplitSeq(strings.TrimSpace(script), "\n") {
				request, want, _ := strings.Cut(strings.TrimSpace(line), " >")
				words := strings.Fields(request)
				if words[0] == "+ms" {
					var ms int
					fmt.Sscan(words[1], &ms)
					b.at = b.at.Add(time.Duration(ms) * time.Millisecond)
					continue
				}
				if got := b.do(words...); got != strings.TrimSpace(want) {
					t.Errorf("%s: reply %q, want %q", request, got, strings.TrimSpace(want))
				}
			}
		})
	}
}

func TestLimits(t *testing.T) {
	b := newBench()
	big := strings.Repeat("x", maxBulkBytes)
	if got := b.do("set", "a", big); got != "+OK" {
		t.Fatalf("set of the largest value = %q", got)
	}
	if got := b.do("append", "a", "x"); got != "-"+errTooLong {
		t.Errorf("append to it = %q", got)
	}
	many := make([]string, 100)
	for i := range many {
		many[i] = "a"
	}
	if got := b.do(append([]string{"mget"}, many...)...); got != "-"+errTooMuch {
		t.Errorf("mget of %d MiB = reply of %d bytes", len(many)*maxBulkBytes>>20, len(got))
	}
	if got := b.do("echo\r\n+injected"); strings.Count(got, "+") != 1 || !strings.HasPrefix(got, "-ERR unknown command 'echo??+injected'") {
		t.Errorf("error with line ends = %q", got)
	}
}

func TestInfo(t *testing.T) {
	b := newBench()
	b.do("set", "a", "1", "ex", "5")
	b.do("set", "b", "1")
	b.at = b.at.Add(3 * time.Second)
	got := b.do("info", "keyspace")
	for _, want := range []string{"uptime_in_seconds:3 ", "total_commands_processed:3 ", "db0:keys=2,expires=1"} {
		if !strings.Contains(got, want) {
			t.Errorf("INFO = %q, want %q in it", got, want)
		}
	}
}

// TestAllocations: the hot path does not allocate.
func TestAllocations(t *testing.T) {
	b := newBench()
	for _, request := range []string{
		"*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n",
		"*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n",
		"*2\r\n$4\r\nINCR\r\n$6\r\nnumber\r\n",
		"*5\r\n$4\r\nMSET\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\nb\r\n$1\r\n2\r\n",
		"*4\r\n$4\r\nMGET\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n",
		"*5\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n$2\r\nPX\r\n$3\r\n100\r\n",
		"*2\r\n$4\r\nPTTL\r\n$3\r\nkey\r\n",
	} {
		in := []byte(request)
		n := testing.AllocsPerRun(100, func() {
			b.out = b.out[:0]
			if b.step(in) != len(in) || b.out[0] == '-' {
				t.Fatalf("%q = %q", request, b.out)
			}
		})
		if n != 0 {
			t.Errorf("%q allocates %v times", request, n)
		}
	}
}

func BenchmarkGet(b *testing.B) {
	s := newBench()
	s.do("set", "key:000000000042", "abc")
	in := []byte("*2\r\n$3\r\nGET\r\n$16\r\nkey:000000000042\r\n")
	for b.Loop() {
		s.out = s.out[:0]
		s.step(in)
	}
}
