package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/recloser-dev/recloser/config"
)

func (a *app) initCommand() *cobra.Command {
	force := false
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write a recloser.yaml that shows every key with its default",
		Example: `  recloser init
  recloser init --config deploy/recloser.yaml`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			path := cmp.Or(a.config, config.DefaultPath)
			mode := os.O_WRONLY | os.O_CREATE | os.O_EXCL
			if force {
				mode = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
			}
			file, err := os.OpenFile(path, mode, 0o644)
			if errors.Is(err, fs.ErrExist) {
				return fmt.Errorf("%s exists; --force writes over it", path)
			}
			if err != nil {
				return fmt.Errorf("%w; choose another place with --config", err)
			}
			_, err = file.Write(config.Sample())
			if err := errors.Join(err, file.Close()); err != nil {
				return fmt.Errorf("write %s: %w", path, err)
			}
			a.say("%s is written; change it, check it with recloser validate, and try it with recloser dev", path)
			return nil
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "write over a file that exists")
	return cmd
}
