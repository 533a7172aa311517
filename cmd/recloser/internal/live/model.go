// Package live is the live view of a dev server in a terminal.
package live

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/dev"
)

const (
	frame = 200 * time.Millisecond
	// noticeTime is how long a notice stays.
	noticeTime = 6 * time.Second
)

// Source is what the view shows and steers. Its methods must be safe for
// concurrent use, and quick.
type Source interface {
	Snapshot(ctx context.Context) (dev.Snapshot, error)
	SetFault(circuit string, f dev.Fault) error
	Override(ctx context.Context, key string, o recloser.Override) (admin.Circuit, error)
	Reset(ctx context.Context, key, actor, reason string) (admin.Circuit, error)
}

// Model is the view. It is a value of the update loop, not safe for concurrent
// use.
type Model struct {
	source   Source
	actor    string
	snapshot dev.Snapshot
	states   map[string]*states
	selected string
	help     bool
	touched  bool // The user has found the keys.

	notice      string
	noticeUntil time.Time

	width, height int
	interrupted   bool
}

var _ tea.Model = (*Model)(nil)

// New returns a view of source, whose user is called actor.
func New(source Source, actor string) *Model {
	return &Model{source: source, actor: actor, states: make(map[string]*states), width: 80, height: 24}
}

// Interrupted reports whether the user left by Ctrl-C.
func (m *Model) Interrupted() bool { return m.interrupted }

type tick time.Time

// Init implements [tea.Model].
func (m *Model) Init() tea.Cmd { return func() tea.Msg { return tick(time.Now()) } }

// Update implements [tea.Model].
func (m *Model) Update(message tea.Msg) (tea.Model, tea.Cmd) {
	switch message := message.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = message.Width, message.Height
	case tick:
		m.look()
		return m, tea.Tick(frame, func(now time.Time) tea.Msg { return tick(now) })
	case answer:
		m.look()
		m.say(m.snapshot.At, string(message))
	case tea.KeyPressMsg:
		return m, m.press(message.String())
	}
	return m, nil
}

// look takes a new snapshot, and remembers the states it shows.
func (m *Model) look() {
	snapshot, err := m.source.Snapshot(context.Background())
	if err != nil {
		m.say(m.snapshot.At, err.Error())
		return
	}
	m.snapshot = snapshot
	for _, c := range snapshot.Circuits {
		if m.states[c.Name] == nil {
			m.states[c.Name] = new(states)
		}
		m.states[c.Name].note(snapshot.At.Unix(), phaseOf(c.Circuit))
	}
	if _, ok := m.circuit(); !ok && len(snapshot.Circuits) > 0 {
		m.selected = snapshot.Circuits[0].Name
	}
}

// circuit returns the selected one.
func (m *Model) circuit() (dev.CircuitSnapshot, bool) {
	for _, c := range m.snapshot.Circuits {
		if c.Name == m.selected {
			return c, true
		}
	}
	return dev.CircuitSnapshot{}, false
}

func (m *Model) say(now time.Time, text string) {
	m.notice, m.noticeUntil = text, now.Add(noticeTime)
}

// View implements [tea.Model].
func (m *Model) View() tea.View {
	view := tea.NewView(m.Render())
	view.AltScreen = true
	view.WindowTitle = "recloser dev"
	return view
}
