package testserver

import "context"

// pip installs the Python packages of a list, and nothing that they ask for
// beside, into the folder lib of dir, by flags as well.
func pip(ctx context.Context, dir string, requirements []byte, flags ...string) error {
	if err := write(dir, map[string][]byte{"requirements.txt": requirements}); err != nil {
		return err
	}
	return run(ctx, dir, "python3", append([]string{
		"-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-compile",
		"--only-binary=:all:", "--target", "lib", "--requirement", "requirements.txt",
	}, flags...)...)
}
