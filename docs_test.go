package recloser_test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Links of Markdown, inline and by reference, and of the HTML inside it.
var (
	link    = regexp.MustCompile(`\]\(<?([^)\s>]+)[^)]*\)|^ {0,3}\[[^\]]+\]:\s+<?([^\s>]+)|(?:src|href|srcset)="([^"]+)"`)
	scheme  = regexp.MustCompile(`^[a-z][a-z0-9+.-]*:`)
	heading = regexp.MustCompile(`^#{1,6}\s+(.+?)\s*#*$`)
	anchor  = regexp.MustCompile(`(?:id|name)="([^"]+)"`)
	code    = regexp.MustCompile("`[^`]*`")
	markup  = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)|<[^>]*>`)
	dropped = regexp.MustCompile(`[^\p{L}\p{N}\p{M}_ -]`)
)

// TestDocumentsLink holds every relative link of every document to something
// that is there: a file, a folder, or a heading.
func TestDocumentsLink(t *testing.T) {
	seen := 0
	for name := range walk(t) {
		if path.Ext(name) != ".md" {
			continue
		}
		seen++
		for _, target := range links(prose(t, name)) {
			if scheme.MatchString(target) || strings.HasPrefix(target, "//") {
				continue
			}
			file, fragment, _ := strings.Cut(target, "#")
			to := name
			switch {
			case strings.HasPrefix(file, "/"):
				to = strings.TrimPrefix(file, "/")
			case file != "":
				to = path.Join(path.Dir(name), file)
			}
			if _, err := os.Stat(filepath.FromSlash(to)); err != nil || strings.HasPrefix(to, "..") {
				t.Errorf("%s links to %s, which is not there", name, target)
				continue
			}
			if fragment != "" && path.Ext(to) == ".md" && !slices.Contains(anchors(prose(t, to)), fragment) {
				t.Errorf("%s links to %s, but %s has no such heading", name, target, to)
			}
		}
	}
	if seen == 0 {
		t.Error("there is no document")
	}
}

// prose returns the lines of a document without its blocks of code.
func prose(t *testing.T, name string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash(name))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	fence := ""
	for line := range strings.Lines(string(text)) {
		start := strings.TrimLeft(line, " ")
		switch {
		case fence != "":
			if strings.HasPrefix(start, fence) {
				fence = ""
			}
		case strings.HasPrefix(start, "```"), strings.HasPrefix(start, "~~~"):
			fence = start[:3]
		default:
			lines = append(lines, strings.TrimRight(line, "\r\n"))
		}
	}
	return lines
}

func links(lines []string) []string {
	var all []string
	for _, line := range lines {
		for _, match := range link.FindAllStringSubmatch(code.ReplaceAllString(line, "code"), -1) {
			all = append(all, match[1]+match[2]+match[3])
		}
	}
	return all
}

// anchors returns what the headings of a document are called in links to them,
// as GitHub does it.
func anchors(lines []string) []string {
	var all []string
	times := make(map[string]int)
	for _, line := range lines {
		for _, match := range anchor.FindAllStringSubmatch(line, -1) {
			all = append(all, match[1])
		}
		match := heading.FindStringSubmatch(line)
		if match == nil {
			continue
		}
		text := markup.ReplaceAllString(match[1], "$1")
		slug := strings.ReplaceAll(dropped.ReplaceAllString(strings.ToLower(text), ""), " ", "-")
		if n := times[slug]; n > 0 {
			all = append(all, slug+"-"+strconv.Itoa(n))
		} else {
			all = append(all, slug)
		}
		times[slug]++
	}
	return all
}
