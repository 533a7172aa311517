package testserver

import (
	"context"
	_ "embed"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
)

var (
	//go:embed dynamodb/pom.xml
	dynamoPackages []byte
	//go:embed dynamodb/Loopback.java
	dynamoMain []byte
)

// DynamoDB starts DynamoDB Local, AWS's own, with nothing in it. It needs a JDK
// of version 17 or later and Maven, and any credentials of a letter or more.
func DynamoDB(ctx context.Context) (*Server, error) {
	dir, err := install(ctx, "dynamodb-local", slices.Concat(dynamoPackages, dynamoMain), fetchDynamoDB)
	if err != nil {
		return nil, fmt.Errorf("DynamoDB Local: %w (it needs a JDK >= 17 and Maven, such as apt-get install default-jdk-headless maven)", err)
	}
	java, err := exec.LookPath("java")
	if err != nil {
		return nil, fmt.Errorf("DynamoDB Local: %w: there is no java (such as apt-get install default-jre-headless)", ErrAbsent)
	}
	lib := filepath.Join(dir, "lib")
	return start(ctx, java,
		"-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.net.preferIPv4Stack=true",
		"-Dsqlite4java.library.path="+lib,
		"-classpath", filepath.Join(dir, "classes")+string(filepath.ListSeparator)+filepath.Join(lib, "*"), "Loopback")
}

func fetchDynamoDB(ctx context.Context, dir string) error {
	if err := write(dir, map[string][]byte{"pom.xml": dynamoPackages, "Loopback.java": dynamoMain}); err != nil {
		return err
	}
	if err := run(ctx, dir, "mvn", "--batch-mode", "--quiet", "dependency:copy-dependencies", "-DoutputDirectory=lib"); err != nil {
		return err
	}
	return run(ctx, dir, "javac", "--release", "17", "-classpath", filepath.Join("lib", "*"), "-d", "classes", "Loopback.java")
}
