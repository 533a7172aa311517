// Command reliability writes docs/reliability.md from what tests have seen.
//
//	RECLOSER_EVIDENCE=dist/evidence go test ./simulator
//	go run ./internal/evidence/reliability -from dist/evidence -date 2026-11-26 -commit 9e4964b
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"

	"github.com/recloser-dev/recloser/internal/evidence"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "reliability:", err)
		os.Exit(1)
	}
}

func run() error {
	from := flag.String("from", "dist/evidence", "the folder that RECLOSER_EVIDENCE named")
	laws := flag.String("laws", "LAWS.md", "the laws")
	to := flag.String("to", "docs/reliability.md", "the page")
	date := flag.String("date", "", "the day of the run")
	commit := flag.String("commit", "", "what was run")
	flag.Parse()
	entries, err := evidence.Read(*from)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(*laws)
	if err != nil {
		return err
	}
	page, err := (&evidence.Run{
		Date: *date, Commit: *commit, Machine: fmt.Sprintf("%d cores, %s/%s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH),
		Laws: evidence.Laws(string(text)), Entries: entries,
	}).Page()
	if err != nil {
		return err
	}
	return os.WriteFile(*to, []byte(page), 0o644)
}
