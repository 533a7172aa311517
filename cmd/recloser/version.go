package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
)

// build is what this program was made from.
type build struct {
	SchemaVersion int    `json:"schema_version"`
	Version       string `json:"version"`
	Commit        string `json:"commit"`
	Modified      bool   `json:"modified"`
	Go            string `json:"go"`
	Platform      string `json:"platform"`
}

func readBuild() build {
	b := build{
		SchemaVersion: admin.SchemaVersion,
		Version:       "unknown",
		Commit:        "unknown",
		Go:            runtime.Version(),
		Platform:      runtime.GOOS + "/" + runtime.GOARCH,
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if info.Main.Version != "" {
		b.Version = info.Main.Version
	}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			b.Commit = setting.Value
		case "vcs.modified":
			b.Modified = setting.Value == "true"
		}
	}
	return b
}

func (a *app) versionCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version, the commit and the version of Go",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			b := readBuild()
			return a.write(b, func(w io.Writer) error {
				commit := b.Commit
				if b.Modified {
					commit += ", modified"
				}
				_, err := fmt.Fprintf(w, "recloser %s\ncommit   %s\ngo       %s %s\n", b.Version, commit, b.Go, b.Platform)
				return writing(err)
			})
		},
	}
	a.addOutputFlag(cmd)
	return cmd
}
