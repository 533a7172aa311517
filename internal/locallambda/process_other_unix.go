//go:build unix && !linux

package locallambda

import (
	"os/exec"
	"syscall"
)

// own puts the process into a group of its own. If this process dies without
// [Function.Close], a runtime ends when it next asks for an event, unless it is
// frozen.
func own(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
