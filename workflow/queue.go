package workflow

import (
	"fmt"
	"strings"
)

// queueURL is an expression of the URL of a queue. One that is named is of the
// account and the region of the state machine.
func queueURL(queue string) string {
	if strings.HasPrefix(queue, "https://") {
		return text(queue)
	}
	if parts := strings.Split(queue, ":"); len(parts) == 6 && parts[0] == "arn" {
		return text(fmt.Sprintf("https://sqs.%s.%s/%s/%s", parts[3], domain(parts[1]), parts[4], parts[5]))
	}
	return "( $arn := $split($states.context.StateMachine.Id, ':'); 'https://sqs.' & $arn[3] & " +
		"($arn[1] = 'aws-cn' ? '.amazonaws.com.cn/' : '.amazonaws.com/') & $arn[4] & " + text("/"+queue) + " )"
}

func domain(partition string) string {
	if partition == "aws-cn" {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}

func isFIFO(queue string) bool { return strings.HasSuffix(queue, ".fifo") }
