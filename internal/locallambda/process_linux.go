package locallambda

import (
	"os/exec"
	"syscall"
)

// own puts the process into a group of its own, and has it die with this process.
func own(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
