package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Whereabouts is where a dev server can be reached, and the token it wants.
type Whereabouts struct {
	// Address is its host and port: "127.0.0.1:7373".
	Address string `json:"address"`
	// Token is the secret of its API.
	Token string `json:"token"`
	// Process is its process id.
	Process int `json:"process"`
	// Started is when it started.
	Started time.Time `json:"started"`
}

const (
	longestAddress = 4 << 10
	// A server that was killed leaves its file behind; one this old is dead.
	oldestFile = 30 * 24 * time.Hour
)

// StateDirectory returns the folder in which dev servers leave word of
// themselves: $XDG_STATE_HOME/recloser, or where the system keeps such files.
func StateDirectory() (string, error) {
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "recloser"), nil
	}
	if home, err := os.UserHomeDir(); err == nil && runtime.GOOS != "darwin" && runtime.GOOS != "windows" {
		return filepath.Join(home, ".local", "state", "recloser"), nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find a folder for the state of recloser: %w; set XDG_STATE_HOME to one", err)
	}
	return filepath.Join(dir, "recloser"), nil
}

// Save writes w to dir so that only this user can read it, and returns what
// removes it again.
func (w Whereabouts) Save(dir string) (remove func() error, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder for the address of this server: %w", err)
	}
	text, err := json.Marshal(w)
	if err != nil {
		return nil, fmt.Errorf("write the address of this server: %w", err)
	}
	name := filepath.Join(dir, fileName(w.Address))
	// A temporary file is made with mode 0600, and a rename shows no half of it.
	file, err := os.CreateTemp(dir, ".dev-*")
	if err != nil {
		return nil, fmt.Errorf("write the address of this server: %w", err)
	}
	_, err = file.Write(text)
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(file.Name(), name)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("write the address of this server: %w", err), os.Remove(file.Name()))
	}
	return func() error { return os.Remove(name) }, nil
}

// Find returns the servers that have left word in dir, the latest first. A
// server that was killed may still be among them.
func Find(dir string) ([]Whereabouts, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for a dev server: %w", err)
	}
	var found []Whereabouts
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), "dev-") {
			continue
		}
		if w, ok := readWhereabouts(filepath.Join(dir, entry.Name())); ok {
			found = append(found, w)
		}
	}
	slices.SortFunc(found, func(a, b Whereabouts) int { return b.Started.Compare(a.Started) })
	return found, nil
}

// readWhereabouts passes over what is no address of a server: a file that is
// being removed, or was written by another version.
func readWhereabouts(name string) (Whereabouts, bool) {
	info, err := os.Stat(name)
	if err != nil || !info.Mode().IsRegular() || info.Size() > longestAddress || time.Since(info.ModTime()) > oldestFile {
		return Whereabouts{}, false
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return Whereabouts{}, false
	}
	var w Whereabouts
	if json.Unmarshal(text, &w) != nil || w.Address == "" || w.Token == "" {
		return Whereabouts{}, false
	}
	return w, true
}

func fileName(address string) string {
	return "dev-" + strings.NewReplacer(":", "-", "[", "", "]", "").Replace(address) + ".json"
}
