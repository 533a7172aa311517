// Package arrival counts what reaches a server, by what the server itself says.
package arrival

import (
	"bufio"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Commands is how often a server of Valkey or Redis has run each command,
// commands of scripts included.
type Commands map[string]int

// Counter asks a server what it has run.
type Counter struct{ client *redis.Client }

// NewCounter returns the counter of the server at a URL. It does no I/O.
func NewCounter(url string) (*Counter, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("count what arrives: %w", err)
	}
	return &Counter{redis.NewClient(options)}, nil
}

// Count returns what the server has run since it was started.
func (c *Counter) Count(ctx context.Context) (Commands, error) {
	text, err := c.client.Info(ctx, "commandstats").Result()
	if err != nil {
		return nil, fmt.Errorf("count what arrives: %w", err)
	}
	return parse(text)
}

// Close closes the counter's connection.
func (c *Counter) Close() error { return c.client.Close() }

// parse reads lines such as cmdstat_get:calls=7,usec=21,….
func parse(text string) (Commands, error) {
	commands := make(Commands)
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		name, rest, found := strings.Cut(lines.Text(), ":")
		command, isStat := strings.CutPrefix(name, "cmdstat_")
		if !found || !isStat {
			continue
		}
		calls, _, _ := strings.Cut(strings.TrimPrefix(rest, "calls="), ",")
		n, err := strconv.Atoi(calls)
		if err != nil {
			return nil, fmt.Errorf("count what arrives: %q says no number of calls", lines.Text())
		}
		commands[command] = n
	}
	return commands, lines.Err()
}

// Since returns what was run since an earlier count.
func (c Commands) Since(before Commands) Commands {
	since := make(Commands)
	for command, n := range c {
		if n -= before[command]; n > 0 {
			since[command] = n
		}
	}
	return since
}

// Operations returns how many of the commands read for a client and how many
// write, and how many of these only brought the text of a script that the server
// did not have. A script is one command: what those of Recloser run, on hashes
// alone, is not counted again.
func (c Commands) Operations() (reads, writes, texts int) {
	return c["evalsha_ro"] + c["eval_ro"] + c["get"], c["evalsha"] + c["eval"] + c["set"] + c["del"], c["eval"] + c["eval_ro"]
}
