package picture

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"strings"

	"github.com/recloser-dev/recloser/cmd/recloser/internal/story"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/trial"
)

//go:embed page.html
var pageText string

// pageStyle is the style of a page, beside the theme of its pictures.
const pageStyle = `
:root{color-scheme:light dark}
body{margin:0;background:#fff;color:#24292f;font:15px/1.5 system-ui,-apple-system,"Segoe UI","Helvetica Neue",Arial,"DejaVu Sans",sans-serif}
main{max-width:1000px;margin:0 auto;padding:32px 20px 64px}
.kicker{margin:0;color:#656d76;font-size:13px}
h1{margin:6px 0 8px;font-size:26px;line-height:1.3;font-weight:650;letter-spacing:-.01em;text-wrap:pretty}
.subject{margin:0 0 20px;color:#656d76}
h2{margin:36px 0 8px;font-size:16px}
figure{margin:0;overflow-x:auto}
figure svg{display:block;width:100%;min-width:760px;height:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th{color:#656d76;font-weight:500;font-size:13px;text-align:left}
th,td{padding:4px 28px 4px 0;border-bottom:1px solid #d1d9e0;vertical-align:top}
.numbers th:nth-child(n+2),.numbers td:nth-child(n+2){text-align:right;padding:4px 0 4px 28px}
.tables{display:flex;flex-wrap:wrap;gap:0 64px}
.prose{font-size:13px}
.note{color:#656d76;font-size:13px;max-width:72ch}
details{margin-top:36px}
summary{cursor:pointer}
pre,code{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
pre{background:#f6f8fa;padding:16px;overflow-x:auto;border-radius:6px}
@media (prefers-color-scheme:dark){
body{background:#0d1117;color:#e6edf3}
.kicker,.subject,.note,th{color:#9198a1}
th,td{border-bottom-color:#30363d}
pre{background:#151b23}
}
`

// page is what the template fills in.
type page struct {
	Title, Kicker, Headline, Subject string

	Policy   template.HTMLAttr
	Style    template.CSS
	Pictures []template.HTML
	Verdicts []trial.Verdict
	Tables   []table
	Notes    []string
	Scenario string
}

type table struct {
	Title   string
	Heading []string
	Rows    [][]string
	Class   string
}

// Page returns a trial as one page of HTML, with all that it needs in it. It runs no
// script and asks nothing of the network, and says so in its Content Security Policy.
func Page(t *trial.Trial, assertions []trial.Assertion) ([]byte, error) {
	report := t.Report(assertions)
	f, height := draw(t, panels())
	scenario, err := story.Write(t.Story)
	if err != nil {
		return nil, err
	}
	p := page{
		Title: t.Story.Title, Kicker: "Recloser, simulated · " + t.Story.Title, Headline: report.Headline, Subject: t.Subject(),
		Pictures: []template.HTML{template.HTML(f.inline(figureWidth, height, report.Headline))},
		Verdicts: report.Assertions,
		Tables:   []table{figures(t)},
		Notes:    []string{howMade, priceNote()},
		Scenario: string(scenario),
	}
	if rows := transitions(&report); len(rows) > 0 {
		p.Tables = append(p.Tables, table{Title: "Why the circuit moved", Heading: []string{"At", "The circuit is", "Because"}, Rows: rows})
	}
	return p.write()
}

// ContestPage returns a contest as one page of HTML, as [Page] does a trial: with how
// each protocol was modelled.
func ContestPage(c *trial.Contest, assertions []trial.Assertion) ([]byte, error) {
	f, height := contest(c)
	scenario, err := story.Write(c.Story)
	if err != nil {
		return nil, err
	}
	p := page{
		Title: c.Story.Title, Kicker: "Recloser, simulated · " + c.Story.Title, Headline: c.Headline(), Subject: c.Entries[0].Subject(),
		Pictures: []template.HTML{template.HTML(f.inline(contestWidth, height, contestLabel(c)))},
		Tables:   []table{{Title: "How each was modelled", Class: "prose", Heading: []string{"What it does", "What it stands for", "How it is modelled", "Left out, to its advantage"}}},
		Notes:    []string{howCompared, howMade},
		Scenario: string(scenario),
	}
	for _, s := range c.Standings(assertions) {
		p.Tables[0].Rows = append(p.Tables[0].Rows, []string{s.Title, s.Like, s.How, s.Without})
		for _, v := range s.Report.Assertions {
			v.Assertion = s.Title + ": " + v.Assertion
			p.Verdicts = append(p.Verdicts, v)
		}
	}
	return p.write()
}

const howCompared = "All protocols meet the same calls at the same moments, with the same luck. Times are those of the policy for all of them, counts are " +
	"each one's defaults. Models of others were made from their source, and where in doubt to their advantage. In this story a call that fails " +
	"costs nothing and a dependency does not recover sooner for being left alone, so whoever sends every call serves most. What a breaker is " +
	"for is in the second column of figures; what it costs is in the third and the last."

const howMade = "A simulation on virtual time: the breakers are the real ones, and share a record as they would; the fleet, the store, " +
	"the network and the dependency are models. One seed is one run, to the bit."

func priceNote() string {
	p := trial.CurrentPrices()
	return fmt.Sprintf("Costs are of DynamoDB on demand, and of the time in calls of functions with %g MB, at the prices of AWS in %s on %s.",
		1024*p.Memory, p.Region, p.Date)
}

func (p *page) write() ([]byte, error) {
	style := theme + pageStyle
	sum := sha256.Sum256([]byte(style))
	p.Style = template.CSS(style)
	p.Policy = template.HTMLAttr(fmt.Sprintf(
		`content="default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; form-action 'none'"`, base64.StdEncoding.EncodeToString(sum[:])))
	tmpl, err := template.New("page").Parse(pageText)
	if err != nil {
		return nil, fmt.Errorf("the page's template: %w", err)
	}
	var b bytes.Buffer
	if err := tmpl.Execute(&b, p); err != nil {
		return nil, fmt.Errorf("write the page: %w", err)
	}
	return b.Bytes(), nil
}

func figures(t *trial.Trial) table {
	all := table{Title: "Figures", Heading: []string{"", "Value"}, Class: "numbers"}
	if len(t.Runs) > 1 {
		all.Heading = []string{"", "Median", "5%", "95%"}
	}
	for _, row := range t.Rows() {
		all.Rows = append(all.Rows, append([]string{row.Figure.Title}, row.Cells...))
	}
	return all
}

func transitions(r *trial.Report) [][]string {
	const longest = 50
	var rows [][]string
	for _, t := range r.Transitions[:min(len(r.Transitions), longest)] {
		rows = append(rows, []string{trial.UnitDuration.Format(t.At), plain(t.To), plain(t.Cause)})
	}
	if more := len(r.Transitions) - len(rows); more > 0 {
		rows = append(rows, []string{"", fmt.Sprintf("and %d more", more), ""})
	}
	return rows
}

// plain writes a name of the record as a word.
func plain(name string) string { return strings.ReplaceAll(name, "_", " ") }
