//go:build unix

package locallambda_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync/atomic"
	"testing"
)

// record has all that this process says over HTTP, and hears, written into files:
// two for each connection.
func record(dir string) {
	var serial atomic.Int64
	transport := http.DefaultTransport.(*http.Transport)
	dial := transport.DialContext
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		connection, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		name := filepath.Join(dir, fmt.Sprintf("%s-%02d", filepath.Base(os.Args[0]), serial.Add(1)))
		said, err := os.Create(name + ".said")
		if err != nil {
			return nil, err
		}
		heard, err := os.Create(name + ".heard")
		return &recorded{connection, said, heard}, err
	}
}

type recorded struct {
	net.Conn
	said, heard *os.File
}

func (r *recorded) Write(b []byte) (int, error) {
	// Before it is said: whoever hears it may freeze or kill this process.
	if _, failed := r.said.Write(b); failed != nil {
		panic(failed)
	}
	return r.Conn.Write(b)
}

func (r *recorded) Read(b []byte) (int, error) {
	n, err := r.Conn.Read(b)
	if _, failed := r.heard.Write(b[:n]); failed != nil {
		panic(failed)
	}
	return n, err
}

// transcript returns what was recorded in a folder, in the order of the requests
// of each process: lines of requests begin with > and those of answers with <.
func transcript(t *testing.T, dir string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.said"))
	if err != nil {
		t.Fatal(err)
	}
	sort.Strings(names)
	var out strings.Builder
	for _, name := range names {
		said, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		heard, err := os.ReadFile(strings.TrimSuffix(name, "said") + "heard")
		if err != nil {
			t.Fatal(err)
		}
		requests, answers := bufio.NewReader(bytes.NewReader(said)), bufio.NewReader(bytes.NewReader(heard))
		for {
			request, err := http.ReadRequest(requests)
			if err != nil {
				break
			}
			fmt.Fprintf(&out, "> %s %s\n", request.Method, request.URL.Path)
			section(&out, ">", request.Header, request.Body, func() http.Header { return request.Trailer })
			answer, err := http.ReadResponse(answers, request)
			if err != nil {
				out.WriteString("< nothing\n\n")
				break
			}
			fmt.Fprintf(&out, "< %s\n", answer.Status)
			section(&out, "<", answer.Header, answer.Body, func() http.Header { return answer.Trailer })
			out.WriteString("\n")
		}
	}
	return out.String()
}

// section writes a message. Of its headers those are left out that every HTTP
// client and server has its own way with.
func section(out *strings.Builder, mark string, header http.Header, body io.Reader, trailer func() http.Header) {
	text, _ := io.ReadAll(body) // What was cut short is shown as far as it came.
	write := func(kind string, h http.Header) {
		for _, key := range slices.Sorted(keys(h)) {
			if !slices.Contains([]string{"Accept-Encoding", "Content-Length", "Date", "Host", "User-Agent", "Trailer"}, key) {
				fmt.Fprintf(out, "%s %s%s: %s\n", mark, kind, key, strings.Join(h[key], ", "))
			}
		}
	}
	write("", header)
	if len(text) > 0 {
		fmt.Fprintf(out, "%s\n%s %s\n", mark, mark, strings.ReplaceAll(strings.TrimSuffix(string(text), "\n"), "\n", "\n"+mark+" "))
	}
	write("trailer ", trailer())
}

func keys(h http.Header) func(func(string) bool) {
	return func(yield func(string) bool) {
		for key, values := range h {
			if len(values) > 0 && !yield(key) {
				return
			}
		}
	}
}
