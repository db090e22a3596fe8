package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"unibench/libos/abi"
)

// asUni makes the test binary be the uni command.
const asUni = "UNI_TEST_AS_UNI"

func TestMain(m *testing.M) {
	if os.Getenv(asUni) != "" {
		main()
	}
	os.Exit(m.Run())
}

// TestScripts runs testdata/*.txt: archives (golang.org/x/tools/txtar) of a
// script and the files that it finds in its folder. One command a line:
//
//	uni ARGS...      run uni; words in single quotes may hold blanks
//	status N         its exit status
//	stdout RE        a regular expression that its output matches, (?m)
//	stderr RE
//	silent           it wrote nothing to standard error
//	path DIR         run the next commands with this PATH instead, "" for none
//	env K=V          set a variable
//	image FILE       turn the executable FILE into what looks like an image
//	gobuild FILE PKG build PKG with plain go build
//	exists FILE      check files
//	missing FILE
//	emptytmp         the folder for temporary files is empty
//
// $WORK stands for the folder. The scripts' uni lies in $WORK/bin; a script
// that needs a monitor brings a uni-vmm of its own.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			newScript(t, archive).run(string(archive.Comment))
		})
	}
}

// A script is one running script.
type script struct {
	t              *testing.T
	work           string
	env            []string
	stdout, stderr string
	status         int
	line           string
}

func newScript(t *testing.T, archive *txtar.Archive) *script {
	t.Helper()
	s := &script{t: t, work: t.TempDir()}
	for _, f := range archive.Files {
		name := filepath.Join(s.work, filepath.FromSlash(f.Name))
		s.check(os.MkdirAll(filepath.Dir(name), 0o777))
		s.check(os.WriteFile(name, f.Data, 0o777))
	}
	s.check(os.MkdirAll(filepath.Join(s.work, "bin"), 0o777))
	s.check(os.MkdirAll(filepath.Join(s.work, "tmp"), 0o777))
	self, err := os.Executable()
	s.check(err)
	// Not a symbolic link: uni looks for the monitor beside the real file.
	if uni := filepath.Join(s.work, "bin", "uni"); os.Link(self, uni) != nil { // on another file system
		text, err := os.ReadFile(self)
		s.check(err)
		s.check(os.WriteFile(uni, text, 0o777))
	}

	gocache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Skipf("no go command: %v", err)
	}
	s.env = append(os.Environ(), asUni+"=1", "GOFLAGS=-buildvcs=false", "GOCACHE="+strings.TrimSpace(string(gocache)),
		"XDG_CACHE_HOME="+filepath.Join(s.work, "cache"), "TMPDIR="+filepath.Join(s.work, "tmp"))
	return s
}

func (s *script) run(text string) {
	for line := range strings.Lines(text) {
		s.line = strings.ReplaceAll(strings.TrimSpace(line), "$WORK", s.work)
		name, rest, _ := strings.Cut(s.line, " ")
		switch rest = strings.TrimSpace(rest); name {
		case "", "#":
		case "uni":
			s.uni(words(rest))
		case "status":
			if want, err := strconv.Atoi(rest); err != nil || s.status != want {
				s.fail("status %d", s.status)
			}
		case "stdout":
			s.match(rest, s.stdout)
		case "stderr":
			s.match(rest, s.stderr)
		case "silent":
			s.match(`\A\z`, s.stderr)
		case "path":
			s.env = append(s.env, "PATH="+strings.Trim(rest, `"`))
		case "env":
			s.env = append(s.env, rest)
		case "image":
			s.image(filepath.Join(s.work, rest))
		case "gobuild":
			w := words(rest)
			cmd := exec.Command("go", "build", "-o", w[0], w[1])
			cmd.Dir, cmd.Env = s.work, append(s.env, "CGO_ENABLED=0")
			if out, err := cmd.CombinedOutput(); err != nil {
				s.fail("%v\n%s", err, out)
			}
		case "exists":
			_, err := os.Stat(filepath.Join(s.work, rest))
			s.check(err)
		case "missing":
			if _, err := os.Stat(filepath.Join(s.work, rest)); !errors.Is(err, os.ErrNotExist) {
				s.fail("%v", err)
			}
		case "emptytmp":
			left, err := os.ReadDir(filepath.Join(s.work, "tmp"))
			s.check(err)
			if len(left) > 0 {
				s.fail("left behind: %v", left)
			}
		default:
			s.fail("unknown command")
		}
	}
}

// uni runs the command and keeps what it gave.
func (s *script) uni(args []string) {
	s.t.Helper()
	cmd := exec.Command(filepath.Join(s.work, "bin", "uni"), args...)
	cmd.Dir, cmd.Env = s.work, s.env
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.Stdin = strings.NewReader("standard input\n")
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		s.fail("%v", err)
	}
	s.stdout, s.stderr, s.status = stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()
}

// image writes the header of an image at the entry point of an executable.
func (s *script) image(name string) {
	s.t.Helper()
	file, err := os.ReadFile(name)
	s.check(err)
	s.check(os.WriteFile(name, stampImage(s.t, file), 0o777))
}

func (s *script) match(re, text string) {
	s.t.Helper()
	r, err := regexp.Compile("(?m)" + re)
	s.check(err)
	if !r.MatchString(text) {
		s.fail("no match")
	}
}

func (s *script) check(err error) {
	s.t.Helper()
	if err != nil {
		s.fail("%v", err)
	}
}

func (s *script) fail(format string, args ...any) {
	s.t.Helper()
	s.t.Logf("stdout:\n%s\nstderr:\n%s\nstatus: %d", s.stdout, s.stderr, s.status)
	s.t.Fatalf(s.line+": "+format, args...)
}

// words splits a line at blanks, outside of single quotes.
func words(line string) []string {
	var out []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			out = append(out, part)
			continue
		}
		out = append(out, strings.Fields(part)...)
	}
	return out
}

// stampImage returns an executable with the header of an image written over
// the code at its entry point. It cannot run.
func stampImage(t *testing.T, file []byte) []byte {
	t.Helper()
	at, err := entryOffset(file)
	if err != nil {
		t.Fatal(err)
	}
	file = bytes.Clone(file)
	header := "\xeb\x0c" + abi.ImageMagic + string([]byte{abi.ImageVersion, 0, 0, 0})
	copy(file[at:], header)
	return file
}
