package testserver

import (
	"context"
	_ "embed"
	"fmt"
	"path/filepath"
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
	dir, err := install(ctx, "npm", npmLock, func(ctx context.Context, dir string) error {
		if err := write(dir, map[string][]byte{"package.json": npmPackage, "package-lock.json": npmLock}); err != nil {
			return err
		}
		return run(ctx, dir, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent")
	})
	if err != nil {
		return "", fmt.Errorf("packages of npm: %w (they need Node >= 18 and npm, such as apt-get install nodejs npm)", err)
	}
	return filepath.Join(dir, "node_modules"), nil
}
