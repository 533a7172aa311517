package model_test

import (
	"strconv"
	"strings"
	"testing"
)

// event is one step of the model, as it says it: a word and what follows.
//
//	EV fleet <k> <environments> <threads> <middle>      the first
//	EV tick                                             time goes by
//	EV looks <thread> first|claim <slot>                may probe, by what it reads
//	EV claims <thread> first|claim <slot> <token> <answer> <landed>
//	EV reads <thread> <answer>                          after an unknown claim: shown, not shown, unknown
//	EV checks <thread>                                  is in time to call
//	EV gives_up <thread>                                is not
//	EV calls <thread> <paused>
//	EV ends <thread> <outcome>
//	EV settles <thread> <outcome> <answer> <landed>
//	EV moves <thread> opens|closes <answer> <landed>    makes what is due
//	EV lands <kind> <landed>                            a late write
//	EV dies <thread>
//	EV swap <thread> <thread>                           who is who has no meaning
//	EV record <state> <until> <ok> <failed> <token> <until> <token> <until> <told> <told> <told>
//
// An answer is made, conflict or unknown. Landed is whether the record was written:
// 0 no, 1 yes, 2 it may be later.
type event struct {
	name   string
	words  []string
	number []int // of words that are numbers, at their places
}

func (e event) String() string { return e.name + " " + strings.Join(e.words, " ") }

// events returns what a run of the model has said.
func events(t *testing.T, out string) []event {
	t.Helper()
	var told []event
	for line := range strings.Lines(out) {
		words := strings.Fields(line)
		if len(words) < 2 || words[0] != "EV" {
			continue
		}
		e := event{name: words[1], words: words[2:], number: make([]int, len(words)-2)}
		for i, w := range e.words {
			if n, err := strconv.Atoi(w); err == nil {
				e.number[i] = n
			}
		}
		told = append(told, e)
	}
	if len(told) == 0 || told[0].name != "fleet" || len(told[0].words) != 4 {
		t.Fatalf("the model says nothing:\n%.2000s", out)
	}
	return told
}
