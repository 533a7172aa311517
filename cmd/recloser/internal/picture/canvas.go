// Package picture draws what came of simulations: as SVG, and as one page of HTML
// that needs nothing else. The same trial is the same picture, to the byte.
package picture

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// canvas is an SVG in the making. Colours are classes, which the theme gives for
// light and for dark.
type canvas struct{ b strings.Builder }

// num writes a coordinate, to a hundredth of a pixel.
func num(v float64) string {
	text := strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64)
	if text == "-0" {
		return "0"
	}
	return text
}

func (c *canvas) rect(class string, x, y, w, h float64) {
	fmt.Fprintf(&c.b, `<rect class="%s" x="%s" y="%s" width="%s" height="%s"/>`+"\n", class, num(x), num(y), num(w), num(h))
}

func (c *canvas) line(class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(&c.b, `<path class="%s" d="M%s %sL%s %s"/>`+"\n", class, num(x1), num(y1), num(x2), num(y2))
}

// circle draws a circle; what it stands for is told to whoever points at it.
func (c *canvas) circle(class string, x, y, r float64, told string) {
	fmt.Fprintf(&c.b, `<circle class="%s" cx="%s" cy="%s" r="%s"><title>%s</title></circle>`+"\n", class, num(x), num(y), num(r), escape(told))
}

func (c *canvas) path(class string, d *outline) {
	if d.b.Len() > 0 {
		fmt.Fprintf(&c.b, `<path class="%s" d="%s"/>`+"\n", class, d.b.String())
	}
}

// text writes at a point; anchor is start, middle or end.
func (c *canvas) text(class, anchor string, x, y float64, text string) {
	at := ""
	if anchor != "start" {
		at = ` text-anchor="` + anchor + `"`
	}
	fmt.Fprintf(&c.b, `<text class="%s" x="%s" y="%s"%s>%s</text>`+"\n", class, num(x), num(y), at, escape(text))
}

// title writes a title, and behind it what explains it.
func (c *canvas) title(x, y float64, title, explained string) {
	fmt.Fprintf(&c.b, `<text x="%s" y="%s"><tspan class="title">%s</tspan>`, num(x), num(y), escape(title))
	if explained != "" {
		fmt.Fprintf(&c.b, `<tspan class="muted" dx="10">%s</tspan>`, escape(explained))
	}
	c.b.WriteString("</text>\n")
}

// keyed is a colour and what it stands for.
type keyed struct{ class, text string }

// key says what colours mean, at the right end of a line.
func (c *canvas) key(y float64, kinds []keyed) {
	if len(kinds) == 0 {
		return
	}
	fmt.Fprintf(&c.b, `<text x="%s" y="%s" text-anchor="end">`, num(right), num(y))
	for i, k := range kinds {
		gap := ""
		if i > 0 {
			gap = ` dx="14"`
		}
		fmt.Fprintf(&c.b, `<tspan class="%s"%s>■</tspan><tspan class="muted" dx="4">%s</tspan>`, k.class, gap, escape(k.text))
	}
	c.b.WriteString("</text>\n")
}

// outline is a path in the making.
type outline struct{ b strings.Builder }

func (o *outline) move(x, y float64) { fmt.Fprintf(&o.b, "M%s %s", num(x), num(y)) }
func (o *outline) to(x, y float64)   { fmt.Fprintf(&o.b, "L%s %s", num(x), num(y)) }
func (o *outline) across(x float64)  { o.b.WriteString("H" + num(x)) }
func (o *outline) down(y float64)    { o.b.WriteString("V" + num(y)) }
func (o *outline) close()            { o.b.WriteString("Z") }

// box adds a rectangle.
func (o *outline) box(x, y, w, h float64) {
	fmt.Fprintf(&o.b, "M%s %sh%sv%sh%sZ", num(x), num(y), num(w), num(h), num(-w))
}

func escape(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(text)
}

// width returns how wide a text may be, in a bold font without serifs.
func width(text string) float64 {
	const mean = 0.62 * 12
	return float64(len([]rune(text))) * mean
}

// svg returns the drawing as a file of its own: with its theme and a background, for
// a page may show it on any colour.
func (c *canvas) svg(w, h float64, label string) []byte {
	var b strings.Builder
	open(&b, w, h, label)
	b.WriteString("<style>" + theme + "</style>\n")
	fmt.Fprintf(&b, `<rect class="ground" width="%s" height="%s"/>`+"\n", num(w), num(h))
	b.WriteString(c.b.String())
	b.WriteString("</svg>\n")
	return []byte(b.String())
}

// inline returns the drawing as a part of a page that has the theme.
func (c *canvas) inline(w, h float64, label string) string {
	var b strings.Builder
	open(&b, w, h, label)
	b.WriteString(c.b.String())
	b.WriteString("</svg>\n")
	return b.String()
}

func open(b *strings.Builder, w, h float64, label string) {
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %s %s" role="img" aria-label="%s">`+"\n", num(w), num(h), escape(label))
}
