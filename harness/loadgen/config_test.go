package loadgen

import (
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	const text = `{"protocol":"http","addr":"198.18.0.2:8080","mode":"open","rate":1000,"conns":4,"warmup":"250ms",
		"http":{"path":"/hello","body":"x"}} go`
	c, rest, err := Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if c.Conns != 4 || c.Depth != 1 || c.Arrivals != Poisson || c.HTTP.Host != "198.18.0.2:8080" || c.HTTP.Status != 200 || c.Limits.CPU != 0.7 {
		t.Errorf("Parse(...) = %+v", c)
	}
	left, err := io.ReadAll(rest)
	if strings.TrimSpace(string(left)) != "go" || err != nil {
		t.Errorf("what follows the configuration = %q, %v, want \"go\"", left, err)
	}
	// What is written is read as the same.
	again, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	c2, _, err := Parse(strings.NewReader(string(again)))
	if diff := cmp.Diff(c, c2); diff != "" || err != nil {
		t.Errorf("written and read again: %v\n%s", err, diff)
	}
}

func TestParseErrors(t *testing.T) {
	const ok = `"addr":"127.0.0.1:1"`
	for name, test := range map[string]struct{ text, want string }{
		"unknown key":        {`{"protocol":"tcp-echo",` + ok + `,"mode":"closed","conn":3}`, `unknown field "conn"`},
		"unknown inner key":  {`{"protocol":"http",` + ok + `,"mode":"closed","http":{"path":"/","body":"","x":1}}`, `unknown field "x"`},
		"no JSON":            {`protocol=http`, "invalid character"},
		"empty":              {``, "EOF"},
		"no protocol":        {`{` + ok + `,"mode":"closed"}`, "want tcp-echo"},
		"no mode":            {`{"protocol":"tcp-echo",` + ok + `}`, "want open, closed"},
		"no rate":            {`{"protocol":"tcp-echo",` + ok + `,"mode":"open"}`, "exactly one of rate"},
		"rate and rates":     {`{"protocol":"tcp-echo",` + ok + `,"mode":"open","rate":1,"rates":[1]}`, "exactly one of rate"},
		"closed with a rate": {`{"protocol":"tcp-echo",` + ok + `,"mode":"closed","rate":1}`, "takes no rate"},
		"negative rate":      {`{"protocol":"tcp-echo",` + ok + `,"mode":"open","rate":-1}`, "rate -1"},
		"zero in a sweep":    {`{"protocol":"tcp-echo",` + ok + `,"mode":"open","rates":[1,0]}`, "rate 0"},
		"address of a name":  {`{"protocol":"tcp-echo","addr":"localhost:1","mode":"closed"}`, "want IP:port"},
		"conns":              {`{"protocol":"tcp-echo",` + ok + `,"mode":"closed","conns":-1}`, "conns: -1"},
		"workers":            {`{"protocol":"tcp-echo",` + ok + `,"mode":"closed","workers":2}`, "workers: 2"},
		"cpus":               {`{"protocol":"tcp-echo",` + ok + `,"mode":"closed","cpus":[0,1]}`, "2 processors for 1 workers"},
		"no duration":        {`{"protocol":"tcp-echo",` + ok + `,"mode":"closed","duration":"3"}`, "read a duration"},
		"unchecked body":     {`{"protocol":"http",` + ok + `,"mode":"closed","http":{"path":"/"}}`, "not checked"},
		"body of what size":  {`{"protocol":"http",` + ok + `,"mode":"closed","http":{"path":"/","body_sha256":"` + strings.Repeat("0", 64) + `"}}`, "body_bytes"},
		"not a hash":         {`{"protocol":"http",` + ok + `,"mode":"closed","http":{"path":"/","body_sha256":"00","body_bytes":1}}`, "64 hexadecimal"},
		"header injection":   {`{"protocol":"http",` + ok + `,"mode":"closed","http":{"path":"/","body":"","headers":["a: b\r\nc: d"]}}`, "not one Name: value"},
		"wrong section":      {`{"protocol":"resp",` + ok + `,"mode":"closed","http":{"path":"/","body":""}}`, "for that protocol and no other"},
		"open stream":        {`{"protocol":"stream",` + ok + `,"mode":"open","rate":1,"stream":{"direction":"send"}}`, "no requests"},
		"stream direction":   {`{"protocol":"stream",` + ok + `,"mode":"closed","stream":{"direction":"up"}}`, "want send, receive or both"},
		"small datagram":     {`{"protocol":"udp-echo",` + ok + `,"mode":"closed","echo":{"bytes":8}}`, "echo.bytes: 8"},
		"pipelined shots":    {`{"protocol":"http",` + ok + `,"mode":"closed","depth":2,"http":{"path":"/","body":"","new_connection":true}}`, "carries one"},
		"search upside down": {`{"protocol":"tcp-echo",` + ok + `,"mode":"open","search":{"p99":"1ms","low":9,"high":3}}`, "0 < low < high"},
		"large table":        {`{"protocol":"resp",` + ok + `,"mode":"closed","resp":{"keys":1000000,"value_bytes":1000000,"get_percent":0}}`, "bytes in all"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := Parse(strings.NewReader(test.text)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Parse(%s) = %v, want ...%s...", test.text, err, test.want)
			}
		})
	}
}
