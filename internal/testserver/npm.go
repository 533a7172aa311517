package testserver

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

var (
	//go:embed npm/package.json
	npmPackage []byte
	//go:embed npm/package-lock.json
	npmLock []byte
)

// NodeModules returns the folder of the packages of npm that tests are made
// with: jsonata, the engine of Step Functions' expressions, and asl-validator. It
// needs Node of version 18 or later with npm.
func NodeModules(ctx context.Context) (string, error) {
	sum := sha256.Sum256(npmLock)
	dir, err := install(ctx, "npm-"+hex.EncodeToString(sum[:4]), func(ctx context.Context, dir string) error {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
		defer cancel()
		for name, text := range map[string][]byte{"package.json": npmPackage, "package-lock.json": npmLock} {
			if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
				return err
			}
		}
		return run(ctx, dir, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent")
	})
	if err != nil {
		return "", fmt.Errorf("packages of npm: %w (they need Node >= 18 and npm, such as apt-get install nodejs npm)", err)
	}
	return filepath.Join(dir, "node_modules"), nil
}
