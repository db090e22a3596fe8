package cpio_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"unibench/libos/guest/cpio"
)

// entry writes one entry as the format's text describes it.
func entry(name string, mode, size int, data string) string {
	h := cpio.Magic
	for _, v := range []int{7, mode, 1, 2, 3, 4, size, 8, 9, 5, 6, len(name) + 1, 0} {
		h += fmt.Sprintf("%08X", v)
	}
	pad := func(s string) string { return s + strings.Repeat("\x00", -len(s)&3) }
	return pad(h+name+"\x00") + pad(data)
}

var trailer = entry(cpio.Trailer, 0, 0, "")

func read(archive []byte) (all []cpio.Entry, err error) {
	r := cpio.NewReader(archive)
	for {
		e, ok, err := r.Next()
		if !ok {
			return all, err
		}
		all = append(all, e)
	}
}

func TestRead(t *testing.T) {
	archive := []byte(entry("./dir/f", 0o100644, 5, "hello") + entry(".", 0o40755, 0, "") +
		entry("//a//./b/", 0o120777, 3, "dir") + trailer + "anything")
	got, err := read(archive)
	if err != nil {
		t.Fatal(err)
	}
	want := []cpio.Entry{
		{Name: "dir/f", Ino: 7, Mode: 0o100644, UID: 1, GID: 2, Nlink: 3, Mtime: 4, Major: 5, Minor: 6, Data: []byte("hello")},
		{Name: ".", Ino: 7, Mode: 0o40755, UID: 1, GID: 2, Nlink: 3, Mtime: 4, Major: 5, Minor: 6, Data: []byte{}},
		{Name: "a/b", Ino: 7, Mode: 0o120777, UID: 1, GID: 2, Nlink: 3, Mtime: 4, Major: 5, Minor: 6, Data: []byte("dir")},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entries differ (-want +got):\n%s", diff)
	}
	data := got[0].Data
	at := strings.Index(string(archive), "hello")
	if unsafe.SliceData(data) != &archive[at] || cap(data) != len(data) {
		t.Error("contents do not alias the archive, or reach over their end")
	}
}

func TestReject(t *testing.T) {
	good := entry("f", 0o100644, 5, "hello") + trailer
	for _, c := range []struct {
		name, archive string
		want          error
	}{
		{"empty", "", cpio.ErrShort},
		{"no trailer", entry("f", 0o100644, 0, ""), cpio.ErrShort},
		{"cut header", good[:100], cpio.ErrShort},
		{"cut name", entry("a long name", 0, 0, "")[:115], cpio.ErrShort},
		{"cut contents", good[:len(entry("f", 0, 0, ""))+2], cpio.ErrShort},
		{"size over the end", entry("f", 0o100644, 1<<31, "hello") + trailer, cpio.ErrShort},
		{"magic", "070707" + good[6:], cpio.ErrMagic},
		{"digit", good[:6] + "g" + good[7:], cpio.ErrNumber},
		{"sign", good[:6] + "-" + good[7:], cpio.ErrNumber},
		{"dots", entry("a/../../b", 0o100644, 0, "") + trailer, cpio.ErrName},
		{"no name", entry("", 0o100644, 0, "") + trailer, cpio.ErrName},
		{"name without end", strings.Replace(good, "f\x00", "ff", 1), cpio.ErrName},
		{"name too long", entry(strings.Repeat("n", 1<<16), 0, 0, "") + trailer, cpio.ErrName},
	} {
		if _, err := read([]byte(c.archive)); !errors.Is(err, c.want) {
			t.Errorf("%s: error %v, want %v", c.name, err, c.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(entry("./dir/f", 0o100644, 5, "hello") + trailer))
	f.Add([]byte(entry("a/../b", 0o120777, 3, "dir") + trailer))
	f.Add([]byte(entry("f", 0o100644, 1<<31-1, "x")))
	f.Fuzz(func(t *testing.T, archive []byte) {
		all, _ := read(archive)
		total := 0
		for _, e := range all {
			total += len(e.Data)
			for _, part := range strings.Split(e.Name, "/") {
				if part == "" || part == ".." || part == "." && e.Name != "." || strings.Contains(part, "\x00") {
					t.Fatalf("name %q", e.Name)
				}
			}
		}
		if total > len(archive) {
			t.Fatalf("contents of %d bytes out of an archive of %d", total, len(archive))
		}
	})
}
