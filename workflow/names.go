package workflow

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// The kinds of state machines.
const (
	// KindGuard is the standard state machine that makes calls, KindGuardExpress
	// the express one.
	KindGuard        = "guard"
	KindGuardExpress = "guard-express"
	// KindRecover probes a circuit without traffic.
	KindRecover = "recover"
	// KindRedrive makes the calls of parked requests.
	KindRedrive = "redrive"
	// KindHold makes the calls of many items.
	KindHold = "hold"
)

// MachineName returns the name that a state machine of a circuit must have, since
// others of the same circuit start it by that: "recloser-payments-guard". What a
// name cannot hold is replaced, and a long one cut and told apart by a hash.
func MachineName(circuit, kind string) string {
	const longest = 40
	name := strings.Map(func(r rune) rune {
		if r == ':' || r == '.' {
			return '_'
		}
		return r
	}, circuit)
	if len(name) > longest || name != circuit {
		sum := sha256.Sum256([]byte(circuit))
		name = name[:min(len(name), longest)] + "-" + hex.EncodeToString(sum[:4])
	}
	return "recloser-" + name + "-" + kind
}

// machineARN is an expression of the ARN of another state machine of the circuit,
// beside the one that runs.
func (c *circuit) machineARN(kind string) string {
	return "$substringBefore($states.context.StateMachine.Id, ':stateMachine:') & " + text(":stateMachine:"+MachineName(c.name, kind))
}
