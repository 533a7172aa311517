package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/redis/go-redis/v9"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
	"github.com/recloser-dev/recloser/internal/testserver"
)

// client returns a client of the script's DynamoDB, as somebody else would have.
func client(ts *testscript.TestScript) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(ts.Getenv("ENDPOINT")), Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
}

// edit sets an attribute of a circuit in the script's table, as a hand would:
// edit payments state S ajar.
func edit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: edit circuit attribute S|N value")
	}
	var value types.AttributeValue = &types.AttributeValueMemberS{Value: args[3]}
	if args[2] == "N" {
		value = &types.AttributeValueMemberN{Value: args[3]}
	}
	ts.Check(testserver.Edit(context.Background(), client(ts), ts.Getenv("TABLE"), args[0], map[string]types.AttributeValue{args[1]: value}))
}

// other makes a table that is not one of records: other name.
func other(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: other table")
	}
	_, err := client(ts).CreateTable(context.Background(), &dynamodb.CreateTableInput{
		TableName: &args[0], BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeN}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}},
	})
	ts.Check(err)
}

// askValkey sends a command to the script's Valkey: valkey HSET key field value.
func askValkey(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: valkey command [argument...]")
	}
	c := redis.NewClient(&redis.Options{Addr: ts.Getenv("ADDRESS")})
	defer c.Close()
	words := make([]any, len(args))
	for i, arg := range args {
		words[i] = arg
	}
	ts.Check(c.Do(context.Background(), words...).Err())
}

// serve starts a Valkey server of the script's own, and puts its address into a
// variable: server FULL --maxmemory 1.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: server VARIABLE [argument...]")
	}
	s, err := testserver.ValkeyAt(context.Background(), "", args[1:]...)
	ts.Check(err)
	ts.Defer(func() { ts.Check(s.Close()) })
	ts.Setenv(args[0], strings.TrimPrefix(s.URL, "redis://"))
}

// fault switches the share of errors of the upstream of the dev server that runs:
// fault payments 100%.
func fault(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: fault circuit share")
	}
	ts.Check(ts.Exec("recloser", "describe", args[0], "--server", latestServer, "-o", "json"))
	var d admin.CircuitDescription
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &d))
	upstream, err := url.Parse(d.Upstream)
	ts.Check(err)
	body := fmt.Sprintf(`{"circuit":%q,"errors":%q}`, args[0], args[1])
	response, err := http.Post("http://"+upstream.Host+"/faults", "application/json", strings.NewReader(body))
	ts.Check(err)
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		ts.Fatalf("%s", response.Status)
	}
}

// TestDevMakesNoTableElsewhere: what is not on this machine is made by who asks
// for it, with recloser store init.
func TestDevMakesNoTableElsewhere(t *testing.T) {
	var asked []string
	server := &httptest.Server{Listener: elsewhere(t), Config: &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "DynamoDB_20120810."))
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"x"}`))
	})}}
	server.Start()
	defer server.Close()

	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	t.Setenv("AWS_REGION", "eu-west-1")
	var out, messages strings.Builder
	a := newApp(strings.NewReader(""), &out, &messages, func(string) string { return "" })
	code := a.run(t.Context(), []string{"dev", "--port", "0", "--duration", "1s", "--store", "dynamodb://recloser?endpoint=" + server.URL})
	if code != exitNotFound || !strings.Contains(messages.String(), "create it with recloser store init") {
		t.Errorf("exit code %d: %s", code, messages.String())
	}
	if strings.Join(asked, " ") != "GetItem" {
		t.Errorf("asked: %v", asked)
	}
}

// elsewhere listens at an address of this machine that is no loopback.
func elsewhere(t *testing.T) net.Listener {
	t.Helper()
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		ip, ok := a.(*net.IPNet)
		if !ok || ip.IP.IsLoopback() || ip.IP.To4() == nil {
			continue
		}
		if l, err := net.Listen("tcp", net.JoinHostPort(ip.IP.String(), "0")); err == nil {
			return l
		}
	}
	t.Skip("this machine has no address but its loopback")
	return nil
}
