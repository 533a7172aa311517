package evidence

import (
	"regexp"
	"strings"
)

// Law is one row of LAWS.md.
type Law struct {
	// Number is its name: "S1b".
	Number string
	// Promise is what it promises, and Test how that is to be tested, both as they
	// stand there.
	Promise, Test string
}

// Group is the laws under one heading.
type Group struct {
	Title string
	Laws  []Law
}

var row = regexp.MustCompile(`^\| ([A-Z]\d+[a-z]?) \| (.*) \| (.*) \|$`)

// Laws returns the laws that stand in LAWS.md, by their headings.
func Laws(text string) []Group {
	var groups []Group
	title := ""
	for line := range strings.SplitSeq(text, "\n") {
		if heading, is := strings.CutPrefix(line, "## "); is {
			title = heading
			continue
		}
		m := row.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		if len(groups) == 0 || groups[len(groups)-1].Title != title {
			groups = append(groups, Group{Title: title})
		}
		g := &groups[len(groups)-1]
		g.Laws = append(g.Laws, Law{m[1], m[2], m[3]})
	}
	return groups
}

// Promised reports whether a law is one that this page is about. The others come
// with their parts of the project.
func (l Law) Promised() bool { return strings.ContainsAny(l.Number[:1], "SLBRW") }
