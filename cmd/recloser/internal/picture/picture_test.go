package picture_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"flag"
	"html/template"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/picture"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/story"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/trial"
	"github.com/recloser-dev/recloser/simulator"
)

var rewrite = flag.Bool("rewrite", false, "draw the golden picture anew; look at it before you commit it")

// byHand is a trial of a minute that nobody has played: five environments, of which
// one starts late, a dependency that is dead from 15s to 30s, and a circuit that is
// open from 16s to 40s.
func byHand() *trial.Trial {
	s := simulator.DefaultScenario()
	s.Fleet.Environments, s.Traffic.Rate = 5, 10
	well := s.Dependency[0]
	ill, again := well, well
	ill.From, ill.Failing, again.From = 15*time.Second, 1, 30*time.Second
	s.Dependency = []simulator.Phase{well, ill, again}
	s.Faults = []simulator.Fault{{Kind: simulator.FaultLostAnswer, From: 10 * time.Second, Until: 20 * time.Second, Share: 0.1}}
	s.Orders = []simulator.Order{{At: 50 * time.Second, Mode: recloser.OverrideClosed, For: 5 * time.Second}}
	run := trial.Run{Seed: 1, Played: s.Duration, Recording: &simulator.Recording{Places: []int{0, 1, 2, 3, 4}}}
	states := [...]struct {
		from int
		rows string
	}{{0, "...  "}, {3, "....."}, {16, "#.#-."}, {17, "##### "[:5]}, {39, "##?#~"}, {40, "....."}}
	for at := range 61 {
		var second simulator.Second
		c := &second.Counts
		c.Requests, c.Reads = 10, 1
		switch {
		case at < 15, at >= 45:
			c.Admitted, c.Succeeded = 10, 10
		case at < 17:
			c.Admitted, c.Failed, c.Wasted, c.Writes, c.Reads = 10, 10, 10, 3, 8
		case at < 30:
			c.Rejected = 10
		case at < 40:
			c.Rejected, c.GoodRejected = 10, 10
		default:
			c.Admitted, c.Succeeded = 2*(at-39)-1, 2*(at-39)-1
			c.Rejected, c.GoodRejected = 10-c.Admitted, 10-c.Admitted
		}
		rows := ""
		for _, state := range states {
			if at >= state.from {
				rows = state.rows
			}
		}
		run.Recording.Samples = append(run.Recording.Samples, simulator.Sample{At: time.Duration(at) * time.Second, Counts: run.Result.Counts, Rows: rows})
		if at < 60 {
			run.Result.Seconds = append(run.Result.Seconds, second)
			sum(&run.Result.Counts, c)
		}
	}
	transition := func(at float64, from, to recloser.State, rule recloser.Rule) {
		run.Result.Transitions = append(run.Result.Transitions, simulator.Transition{
			At: time.Duration(at * float64(time.Second)), From: from, To: to, Cause: recloser.Cause{Rule: rule},
		})
	}
	transition(16, recloser.StateClosed, recloser.StateOpen, recloser.RuleFailureRate)
	transition(26, recloser.StateOpen, recloser.StateHalfOpen, recloser.RuleCooledDown)
	transition(26.1, recloser.StateHalfOpen, recloser.StateOpen, recloser.RuleProbeFailed)
	transition(39, recloser.StateOpen, recloser.StateHalfOpen, recloser.RuleCooledDown)
	transition(40, recloser.StateHalfOpen, recloser.StateClosed, recloser.RuleRecovered)
	return trial.Of(story.Story{Title: `"dead" & <gone>`, Scenario: s}, run)
}

func sum(to, from *simulator.Counts) {
	to.Requests += from.Requests
	to.Admitted += from.Admitted
	to.Rejected += from.Rejected
	to.GoodRejected += from.GoodRejected
	to.Wasted += from.Wasted
	to.Succeeded += from.Succeeded
	to.Served += from.Succeeded
	to.Failed += from.Failed
	to.Reads += from.Reads
	to.Writes += from.Writes
}

func TestGoldenPicture(t *testing.T) {
	golden := filepath.Join("testdata", "story.svg")
	got := picture.Pictures(byHand())["story.svg"]
	if *rewrite {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; if you mean it, draw it anew with -rewrite and look at it", golden)
	}
}

// TestTheSameSeedIsTheSamePage holds it to the byte, with many runs at once too.
func TestTheSameSeedIsTheSamePage(t *testing.T) {
	for _, n := range []int{1, 3} {
		first, second := page(t, played(t, "churn", n)), page(t, played(t, "churn", n))
		if !bytes.Equal(first, second) {
			t.Errorf("two pages of %d runs differ", n)
		}
	}
}

func played(t *testing.T, outage string, seeds int) *trial.Trial {
	t.Helper()
	for _, o := range story.Outages() {
		if o.Name != outage {
			continue
		}
		s := simulator.DefaultScenario()
		s.Traffic.Rate = 30
		p, err := trial.Play(t.Context(), story.New(s, o, story.Setting{At: 5 * time.Second, For: 6 * time.Second, Duration: time.Minute}),
			func(o *trial.Options) { o.Seeds = seeds })
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	t.Fatalf("no outage %s", outage)
	return nil
}

func page(t *testing.T, p *trial.Trial) []byte {
	t.Helper()
	a, err := trial.ParseAssertion("good_rejected<0.1%")
	if err != nil {
		t.Fatal(err)
	}
	text, err := picture.Page(p, []trial.Assertion{a})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestPagesNeedNothing holds a page to its own Content Security Policy, and that to
// nothing but the style in it.
func TestPagesNeedNothing(t *testing.T) {
	text := string(page(t, byHand()))
	style := regexp.MustCompile(`(?s)<style>(.*?)</style>`).FindAllStringSubmatch(text, -1)
	if len(style) != 1 {
		t.Fatalf("the page has %d styles", len(style))
	}
	sum := sha256.Sum256([]byte(style[0][1]))
	policy := `content="default-src 'none'; style-src 'sha256-` + base64.StdEncoding.EncodeToString(sum[:]) + `'; base-uri 'none'; form-action 'none'"`
	if !strings.Contains(text, policy) {
		t.Errorf("the page lacks the policy %s", policy)
	}
	for _, what := range []string{"<script", " style=", " on", "<link", "<img", "url(", "@import", "src=", "href="} {
		if what == " on" {
			if found := regexp.MustCompile(` on\w+=`).FindString(text); found != "" {
				t.Errorf("the page has%s", found)
			}
			continue
		}
		if strings.Contains(text, what) {
			t.Errorf("the page has %s", what)
		}
	}
	for _, address := range regexp.MustCompile(`https?://[^"'\s<]*`).FindAllString(text, -1) {
		if address != "http://www.w3.org/2000/svg" {
			t.Errorf("the page names %s", address)
		}
	}
	if strings.Contains(text, "<gone>") || !strings.Contains(text, "&lt;gone&gt;") {
		t.Error("the title is not escaped")
	}
}

// TestPicturesAreSound of every outage: XML, with numbers within the picture.
func TestPicturesAreSound(t *testing.T) {
	for _, o := range story.Outages() {
		for _, seeds := range []int{1, 2} {
			for name, text := range picture.Pictures(played(t, o.Name, seeds)) {
				sound(t, o.Name+", "+name, text)
			}
		}
	}
}

// sound checks that a picture can be drawn.
func sound(t *testing.T, name string, text []byte) {
	t.Helper()
	number := regexp.MustCompile(`^[0-9.]+$`)
	if strings.Contains(string(text), "NaN") || strings.Contains(string(text), "Inf") {
		t.Errorf("%s has a number that is none", name)
	}
	d := xml.NewDecoder(bytes.NewReader(text))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		element, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		for _, a := range element.Attr {
			switch a.Name.Local {
			case "x", "y", "width", "height", "cx", "cy", "r":
				if !number.MatchString(a.Value) {
					t.Errorf("%s: %s has %s=%q", name, element.Name.Local, a.Name.Local, a.Value)
				}
			}
		}
	}
}

func TestContest(t *testing.T) {
	s := byHand().Story
	c, err := trial.Hold(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	sound(t, "contest", picture.Contest(c))
	if n := strings.Count(string(picture.Contest(c)), `class="title"`); n != len(simulator.Protocols()) {
		t.Errorf("%d of %d protocols are drawn", n, len(simulator.Protocols()))
	}
	a, err := trial.ParseAssertion("laws_broken==0")
	if err != nil {
		t.Fatal(err)
	}
	text, err := picture.ContestPage(c, []trial.Assertion{a})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range simulator.Protocols() {
		if d := p.Describe(); !strings.Contains(string(text), "<td>"+template.HTMLEscapeString(d.How)+"</td>") {
			t.Errorf("the page does not say how %s is modelled", p)
		}
	}
	if strings.Contains(string(text), "<script") || !strings.Contains(string(text), "Content-Security-Policy") {
		t.Error("the page runs scripts")
	}
}
