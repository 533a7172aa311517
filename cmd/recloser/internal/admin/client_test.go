package admin_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
)

// serve runs the API on a real port and leaves word of it in a folder.
func serve(t *testing.T, o *operator) (dir string, where admin.Whereabouts) {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = admin.Guard(port, admin.NewHandler(o, token))
	server.Start()
	t.Cleanup(server.Close)
	dir = filepath.Join(t.TempDir(), "state", "recloser")
	where = admin.Whereabouts{Address: server.Listener.Addr().String(), Token: token, Process: os.Getpid(), Started: time.Now()}
	remove, err := where.Save(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := remove(); err != nil {
			t.Error(err)
		}
	})
	return dir, where
}

func TestClientFindsAndSteersTheServer(t *testing.T) {
	o := new(operator)
	dir, where := serve(t, o)
	dead := admin.Whereabouts{Address: "127.0.0.1:1", Token: "dead", Started: time.Now().Add(time.Hour)}
	if _, err := dead.Save(dir); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	client, err := admin.Connect(ctx, dir, "")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if client.Address() != where.Address {
		t.Errorf("connected to %s, want %s, past the dead one", client.Address(), where.Address)
	}
	list, err := client.Circuits(ctx)
	if err != nil || len(list.Circuits) != 1 || list.SchemaVersion != admin.SchemaVersion {
		t.Errorf("circuits: %+v, %v", list, err)
	}
	if _, err := client.Describe(ctx, "nothing/at all"); !errors.Is(err, admin.ErrNotFound) {
		t.Errorf("an unknown circuit: %v, want ErrNotFound", err)
	}
	events, err := client.Events(ctx, 0, 10, time.Second)
	if err != nil || len(events.Events) != 1 {
		t.Errorf("events: %+v, %v", events, err)
	}
	order := admin.Order{Circuit: "payments", Mode: "open", For: "1m", Actor: "me@here", Reason: "drill"}
	if d, err := client.Override(ctx, order); err != nil || d.Name != "payments" {
		t.Errorf("override: %+v, %v", d, err)
	}
	if _, err := client.Reset(ctx, admin.Order{Circuit: "payments", Actor: "me@here"}); err != nil {
		t.Errorf("reset: %v", err)
	}
	if got := strings.Join(o.changes, "; "); got != "override payments open me@here drill; reset payments me@here " {
		t.Errorf("changes: %q", got)
	}
}

func TestConnectWithoutServer(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "nothing")
	if _, err := admin.Connect(t.Context(), dir, ""); !errors.Is(err, admin.ErrNoServer) {
		t.Errorf("no folder: %v, want ErrNoServer", err)
	}
	dead := admin.Whereabouts{Address: "127.0.0.1:1", Token: "dead", Started: time.Now()}
	if _, err := dead.Save(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "dev-broken.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Connect(t.Context(), dir, ""); !errors.Is(err, admin.ErrNoServer) {
		t.Errorf("a dead server: %v, want ErrNoServer", err)
	}
}

func TestTokenIsReadableByItsUserOnly(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files have no such modes on Windows; the folder is the user's own there")
	}
	dir, _ := serve(t, new(operator))
	for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, "dev-*.json"): 0o600} {
		names, err := filepath.Glob(path)
		if err != nil || len(names) != 1 {
			t.Fatalf("%s: %v, %v", path, names, err)
		}
		info, err := os.Stat(names[0])
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %v, want %v", names[0], got, want)
		}
	}
}

func TestClientTellsAnImpostorFromAServer(t *testing.T) {
	impostor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/circuits" {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
			return
		}
		_, _ = w.Write([]byte(`{"ok":true,"circuits":[]}`))
	}))
	defer impostor.Close()
	dir := t.TempDir()
	where := admin.Whereabouts{Address: impostor.Listener.Addr().String(), Token: token, Started: time.Now()}
	if _, err := where.Save(dir); err != nil {
		t.Fatal(err)
	}
	client, err := admin.Connect(t.Context(), dir, where.Address)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := client.Circuits(t.Context()); err == nil {
		t.Error("a redirect was followed, or taken for an answer")
	}
}

func TestClientGivesUpWithItsCaller(t *testing.T) {
	dir, _ := serve(t, new(operator))
	ctx, cancel := context.WithCancel(t.Context())
	client, err := admin.Connect(ctx, dir, "")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	cancel()
	if _, err := client.Circuits(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller who gave up: %v, want context.Canceled", err)
	}
}

func TestSuggest(t *testing.T) {
	known := []string{"payments", "search"}
	for name, want := range map[string]string{
		"paymnets": "did you mean payments?",
		"serch":    "did you mean search?",
		"zzzz":     "there is payments, search",
		"":         "there is payments, search",
	} {
		if got := admin.Suggest(name, known); got != want {
			t.Errorf("Suggest(%q): %q, want %q", name, got, want)
		}
	}
}
