package main

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// completionTime is how long a shell waits for the names of circuits.
const completionTime = time.Second

// shells are those that completion knows.
var shells = []string{"bash", "fish", "powershell", "zsh"}

func (a *app) completionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "completion <" + strings.Join(shells, "|") + ">",
		Short: "Print a script that completes commands, flags and circuits in a shell",
		Example: `  source <(recloser completion bash)
  recloser completion zsh > "${fpath[1]}/_recloser"
  recloser completion fish > ~/.config/fish/completions/recloser.fish
  recloser completion powershell | Out-String | Invoke-Expression`,
		ValidArgs: shells,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || !slices.Contains(shells, args[0]) {
				return usage("completion: takes one shell: %s", strings.Join(shells, ", "))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return writing(root.GenBashCompletionV2(a.out, true))
			case "fish":
				return writing(root.GenFishCompletion(a.out, true))
			case "powershell":
				return writing(root.GenPowerShellCompletionWithDesc(a.out))
			}
			return writing(root.GenZshCompletion(a.out))
		},
	}
}

// completeCircuits offers the names of the circuits that run.
func (a *app) completeCircuits(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	const none = cobra.ShellCompDirectiveNoFileComp
	if cmd.Args != nil && len(args) > 0 && cmd.Name() != "status" && cmd.Name() != "events" {
		return nil, none
	}
	a.messages = io.Discard // A shell has no place for them.
	if a.readEnvironment(cmd) != nil {
		return nil, none
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(cmd.Context()), completionTime)
	defer cancel()
	s, err := a.find(ctx, cmd)
	if err != nil {
		return nil, none
	}
	names, err := s.Names(ctx)
	if errors.Join(err, s.Close()) != nil {
		return nil, none
	}
	return names, none
}
