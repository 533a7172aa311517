package workflow_test

import (
	"strings"
	"testing"

	"github.com/recloser-dev/recloser/internal/statelanguage"
)

// TestStoreTasks: every read of a record is consistent, every write has a condition
// (LAWS.md, S5), none is repeated by itself, and none takes longer than a second.
func TestStoreTasks(t *testing.T) {
	tasks := 0
	for kind, m := range machinesOf(t, full) {
		for name, s := range m.States {
			if !strings.Contains(s.Resource, "dynamodb:") {
				continue
			}
			tasks++
			arguments, _ := s.Arguments.(map[string]any)
			condition, _ := arguments["ConditionExpression"].(string)
			switch {
			case strings.HasSuffix(s.Resource, "getItem") && arguments["ConsistentRead"] != true:
				t.Errorf("%s: %s reads what may be old", kind, name)
			case strings.HasSuffix(s.Resource, "updateItem") && condition == "":
				t.Errorf("%s: %s writes without a condition", kind, name)
			}
			if seconds, ok := s.TimeoutSeconds.(float64); !ok || seconds != 1 || len(s.Retry) > 0 {
				t.Errorf("%s: %s takes %v s, and is repeated by %v", kind, name, s.TimeoutSeconds, s.Retry)
			}
			if last := s.Catch[len(s.Catch)-1].ErrorEquals[0]; last != statelanguage.ErrAll {
				t.Errorf("%s: %s fails its caller by errors other than %s", kind, name, last)
			}
		}
	}
	if tasks < 20 {
		t.Errorf("there are %d tasks of the store", tasks)
	}
}
