package config_test

import "github.com/recloser-dev/recloser/config"

// annotation is what a Go type does not say of a key.
type annotation struct {
	example  any
	min, max any
	pattern  string
	long     int // the largest length, if it is not that of a name
	enum     []string
}

// annotations holds, by path, what the schema says of each key beyond its type,
// its comment and its default. The example of a group is one of its keys.
func annotations() map[string]annotation {
	return map[string]annotation{
		"version":                         {example: 1},
		"store.memory":                    {example: map[string]any{}},
		"store.dynamodb.table":            {example: "circuits", pattern: config.TablePattern},
		"store.dynamodb.region":           {example: "eu-central-1", pattern: config.RegionPattern},
		"store.dynamodb.endpoint":         {example: "http://localhost:8000", pattern: orEmpty(config.AddressPattern)},
		"store.valkey.address":            {example: "valkey.internal:6379", pattern: config.HostPortPattern},
		"store.valkey.tls":                {example: true},
		"store.valkey.user":               {example: "circuits", pattern: config.NamePattern},
		"store.valkey.password_from":      {example: "env:VALKEY_PASSWORD", pattern: config.PasswordPattern},
		"store.valkey.database":           {example: 2, min: 0, max: config.MaxDatabase},
		"store.valkey.cluster":            {example: true},
		"store.valkey.prefix":             {example: "shop:", pattern: config.PrefixPattern, long: config.MaxPrefix},
		"open_when.failure_rate":          {example: "60%"},
		"open_when.slow_rate":             {example: "90%"},
		"open_when.slow_after":            {example: "1500ms"},
		"open_when.window":                {example: "20s"},
		"open_when.min_calls":             {example: 20, min: 1, max: 1_000_000},
		"open_when.confidence":            {example: "99%"},
		"open_when.consecutive":           {example: 10, min: 0, max: 1_000_000},
		"open_for.cooldown":               {example: "15s"},
		"open_for.backoff":                {example: 1.5, min: 1, max: 100},
		"open_for.max_cooldown":           {example: "10m"},
		"open_for.jitter":                 {example: "10%"},
		"half_open.probes":                {example: 2, min: 1, max: 8},
		"half_open.successes":             {example: 5, min: 1, max: 10_000},
		"half_open.failures":              {example: 2, min: 1, max: 10_000},
		"half_open.lease":                 {example: "7s"},
		"half_open.margin":                {example: "2s"},
		"ramp.from":                       {example: "5%"},
		"ramp.over":                       {example: "1m"},
		"call.timeout":                    {example: "2500ms"},
		"call.reserve":                    {example: "500ms"},
		"call.concurrency":                {example: 50, min: 0, max: 1_000_000},
		"when_store_fails":                {example: "allow", enum: []string{"last_known", "allow", "reject"}},
		"enforce":                         {example: "0%"},
		"failures.http":                   {example: []any{"5xx", 429, 408}, pattern: config.StatusPattern},
		"failures.errors":                 {example: []any{"States.Timeout"}, pattern: config.EntryPattern},
		"failures.ignore":                 {example: []any{"ValidationError", 501}, pattern: config.EntryPattern},
		"partition_by":                    {example: "header:X-Tenant", pattern: config.PartitionPattern, long: config.MaxPartitionBy},
		"upstream":                        {example: "https://payments.example", pattern: orEmpty(config.AddressPattern)},
		"on_failure.park":                 {example: "payments-parked", pattern: config.NamePattern},
		"on_failure.alert":                {example: "arn:aws:sns:eu-central-1:123456789012:alerts", pattern: config.NamePattern},
		"on_failure.redrive":              {example: map[string]any{"max_attempts": 3}},
		"on_failure.redrive.max_attempts": {example: 3, min: 0, max: 1000},
		"on_failure.redrive.max_age":      {example: "72h"},
		"workflow.when_open":              {example: "wait", enum: []string{"fail", "wait", "park", "fallback"}},
		"workflow.fallback":               {example: "payments-later", pattern: config.NamePattern},
		"workflow.health":                 {example: "payments-health", pattern: config.NamePattern},
		"workflow.tasks":                  {example: []any{"lambda:invoke", "aws-sdk:sqs:sendMessage"}, pattern: config.TaskPattern},
		"workflow.attempts":               {example: map[string]any{"max": 3}},
		"workflow.attempts.max":           {example: 3, min: 1, max: 100},
		"workflow.attempts.interval":      {example: "2s"},
		"workflow.attempts.backoff":       {example: 1.5, min: 1, max: 100},
		"workflow.attempts.max_delay":     {example: "1m"},
	}
}

func orEmpty(pattern string) string { return "^$|" + pattern }
