package live

import (
	"strings"

	"charm.land/lipgloss/v2"
)

// keys are what can be pressed, in the order in which they are left out when
// the terminal is narrow, last first.
var keys = [...]struct{ key, word string }{
	{"e", "fail"},
	{"x", "heal"},
	{"q", "quit"},
	{"?", "help"},
	{"h", "hang"},
	{"d", "slow"},
	{"r", "429"},
	{"o", "open"},
	{"c", "close"},
	{"z", "reset"},
	{"↑↓", "circuit"},
}

// order is how the keys stand side by side.
var order = [...]string{"e", "d", "h", "r", "x", "o", "c", "z", "↑↓", "?", "q"}

// foot is the notice, or a hint while there is none, and the keys.
func (m *Model) foot() []string {
	text := ""
	switch c, ok := m.circuit(); {
	case m.snapshot.At.Before(m.noticeUntil):
		text = m.notice
	case m.snapshot.Trouble != "":
		text = "the store: " + m.snapshot.Trouble
	case !ok || m.touched:
	case c.Sample:
		text = "Press e: the upstream of " + c.Name + " fails, and the circuit opens; x heals it."
	default:
		text = "Call it: curl -i " + c.Proxy
	}
	return []string{" " + lipgloss.NewStyle().Foreground(lipgloss.Yellow).Render(text), m.keyLine()}
}

func (m *Model) keyLine() string {
	shown := make(map[string]string)
	width := -1 // One column before all, and two less than a gap for each.
	for _, k := range keys {
		if k.key == "↑↓" && len(m.snapshot.Circuits) < 2 {
			continue
		}
		width += lipgloss.Width(k.key) + 1 + len(k.word) + 2
		if width > m.width {
			break
		}
		shown[k.key] = k.word
	}
	var parts []string
	for _, key := range order {
		if word, ok := shown[key]; ok {
			parts = append(parts, boldStyle.Render(key)+" "+faintStyle.Render(word))
		}
	}
	return " " + strings.Join(parts, "  ")
}

// helpLines is the page behind the question mark.
func (m *Model) helpLines() []string {
	key := func(key, text string) string { return "   " + boldStyle.Render(pad(key, 8)) + text }
	c, _ := m.circuit()
	return []string{
		boldStyle.Render(" Keys") + faintStyle.Render("   (? or Esc goes back)"),
		key("e", "the sample upstream fails every call, or no longer"),
		key("d", "it answers late; such calls are slow"),
		key("h", "it hangs; calls run into their timeout"),
		key("r", "it answers 429, and asks to be left alone for 5s"),
		key("x", "it is healthy again"),
		key("o c z", "force the circuit open, closed, or reset it"),
		key("↑ ↓", "another circuit"),
		key("q", "quit"),
		"",
		boldStyle.Render(" Call it yourself"),
		"   curl -i " + c.Proxy + "hello",
		"",
		boldStyle.Render(" Switch a fault by hand"),
		"   curl --json '{\"circuit\":\"" + c.Name + "\",\"errors\":\"50%\"}' \\",
		"        http://" + m.snapshot.UpstreamAddress + "/faults",
		"",
		boldStyle.Render(" From another terminal"),
		"   recloser status            recloser describe " + c.Name,
		"   recloser events -f         recloser open " + c.Name + " --for 1m --reason drill",
	}
}
