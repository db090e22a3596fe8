// Command library uses a broad choice of the standard library and prints what
// comes out.
package main

import (
	"bytes"
	"compress/gzip"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"go/format"
	"hash/fnv"
	"io"
	"log"
	"log/slog"
	"math"
	"math/big"
	mrand "math/rand/v2"
	"os"
	"os/user"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"text/template"
	"time"
	"unicode/utf8"
)

type record struct {
	Name  string            `json:"name"`
	Value float64           `json:"value,omitempty"`
	Tags  map[string]string `json:"tags"`
	Inner *record           `json:"inner,omitempty"`
}

type point struct{ X, Y int }

func check(err error) {
	if err != nil {
		fmt.Println("library:", err)
		os.Exit(1)
	}
}

func main() {
	r := record{"a", 1.25, map[string]string{"z": "1", "b": "2"}, &record{Name: "in"}}
	text, err := json.MarshalIndent(r, "", " ")
	check(err)
	fmt.Println(string(text))
	var back record
	check(json.Unmarshal(text, &back))
	fmt.Println(reflect.DeepEqual(r, back))
	fmt.Println(json.Unmarshal([]byte(`{"name": 5}`), &back))

	var buf bytes.Buffer
	check(gob.NewEncoder(&buf).Encode(r))
	check(gob.NewDecoder(&buf).Decode(&back))
	fmt.Printf("%+v\n", *back.Inner)
	check(xml.NewEncoder(os.Stdout).Encode(point{1, 2}))
	fmt.Println()

	m := map[int]string{}
	for i := range 1000 {
		m[i*i%997] = strconv.Itoa(i)
	}
	keys := slices.Sorted(func(yield func(int) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	})
	fmt.Println(len(keys), keys[:5], m[keys[400]])

	f := new(big.Int).MulRange(1, 200)
	fmt.Println(f, f.ProbablyPrime(5))
	q := new(big.Float).SetPrec(300).Quo(big.NewFloat(1), big.NewFloat(7))
	fmt.Println(q.Text('g', 80))
	for _, x := range []float64{math.Pi, 1e300, math.SmallestNonzeroFloat64, math.Inf(-1), math.NaN(), -0.0, 0.1 + 0.2} {
		fmt.Print(x, " ", strconv.FormatFloat(math.Exp(x), 'e', 10, 64), " ", math.Sin(x), "\n")
	}

	re := regexp.MustCompile(`(?i)(\w+)@(\w+)\.com`)
	fmt.Println(re.ReplaceAllString("bob@example.com, Eve@Test.COM", "$2 at $1"), re.FindAllStringIndex("x@y.com z@w.com", -1))
	tpl := template.Must(template.New("t").Parse("{{range $i, $e := .}}{{$i}}={{printf \"%q\" $e}} {{end}}\n"))
	check(tpl.Execute(os.Stdout, []string{"a", "b\n"}))

	data := bytes.Repeat([]byte("compress me "), 10_000)
	fmt.Printf("%x %x\n", sha256.Sum256(data), fnv.New64a().Sum(data[:3]))
	buf.Reset()
	z := gzip.NewWriter(&buf)
	_, err = z.Write(data)
	check(err)
	check(z.Close())
	fmt.Println(buf.Len())
	zr, err := gzip.NewReader(&buf)
	check(err)
	plain, err := io.ReadAll(zr)
	check(err)
	fmt.Println(bytes.Equal(plain, data))

	block, err := aes.NewCipher(data[:32])
	check(err)
	gcm, err := cipher.NewGCM(block)
	check(err)
	sealed := gcm.Seal(nil, make([]byte, 12), data[:1000], nil)
	fmt.Println(base64.StdEncoding.EncodeToString(sealed[:30]))
	key := ed25519.NewKeyFromSeed(data[:32])
	fmt.Println(ed25519.Verify(key.Public().(ed25519.PublicKey), data, ed25519.Sign(key, data)))
	random := make([]byte, 100)
	n, err := rand.Read(random)
	fmt.Println(n, err, bytes.Equal(random, make([]byte, 100)))
	fmt.Println(mrand.New(mrand.NewPCG(1, 2)).Perm(10), mrand.IntN(1))
	fmt.Println(binary.BigEndian.Uint64(data), utf8.RuneCountInString("h\u00e9llo"), strings.ToUpper("\u00e9"), strings.Fields(" a  b "))

	w := tabwriter.NewWriter(os.Stdout, 0, 8, 1, ' ', 0)
	fmt.Fprintln(w, "a\tb\tc\naaa\tbbbb\tc")
	check(w.Flush())
	src, err := format.Source([]byte("package p\nfunc  f( ){ }"))
	fmt.Println(string(src), err)

	t := time.Date(2024, 2, 29, 23, 59, 59, 5, time.UTC)
	fmt.Println(t.Format(time.RFC1123Z), t.AddDate(1, 0, 0), t.Weekday(), t.Unix())
	_, err = time.LoadLocation("Nowhere/None")
	fmt.Println(err)
	log.SetFlags(log.Lshortfile)
	log.Println("to standard error")
	slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})).Warn("structured", "n", 1)
	fmt.Println(filepath.Clean("/a/../b"), runtime.GOOS, runtime.GOARCH, runtime.Version() != "")
	u, err := user.Current()
	fmt.Println(u != nil, err)
	host, err := os.Hostname()
	fmt.Println(host != "", err)
	fmt.Println(reflect.TypeOf(r).Field(0).Tag.Get("json"), reflect.ValueOf(strings.ToUpper).Call([]reflect.Value{reflect.ValueOf("up")})[0])
}
