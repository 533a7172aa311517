package storage_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/redis/go-redis/v9"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/internal/storage"
	"github.com/recloser-dev/recloser/internal/testserver"
	"github.com/recloser-dev/recloser/store/dynamostore"
	"github.com/recloser-dev/recloser/store/valkeystore"
)

// expect wants an error of a kind, told in one line that says what to do.
func expect(t *testing.T, err error, want storage.Fault, advice string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	text := storage.Explain(err)
	if got := storage.FaultOf(err); got != want || !strings.Contains(text, advice) {
		t.Errorf("fault %d, want %d: %s", got, want, text)
	}
	for _, never := range []string{"\n", "hunter2", "store: ", "item: ", "Options."} {
		if strings.Contains(text, never) {
			t.Errorf("%q in: %s", never, text)
		}
	}
	t.Log(text)
}

func TestFaultsOfDynamoDB(t *testing.T) {
	endpoint := dynamo.URL(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	load := func(url, circuit string) error {
		opened, err := open(t, url)
		if err != nil {
			return err
		}
		_, err = opened.Store.Load(t.Context(), circuit)
		return err
	}
	local := func(table string) string { return "dynamodb://" + table + "?region=eu-west-1&endpoint=" + endpoint }
	opened, err := open(t, local("faults"))
	if err != nil {
		t.Fatal(err)
	}
	if err := dynamostore.Create(t.Context(), opened.Client, "faults"); err != nil {
		t.Fatal(err)
	}
	otherTable(t, opened.Client)
	plant := func(circuit, name string, value types.AttributeValue) {
		t.Helper()
		if _, err := opened.Store.Apply(t.Context(), circuit, recloser.Watch{At: 1, Share: 1}); err != nil {
			t.Fatal(err)
		}
		if err := testserver.Edit(t.Context(), opened.Client, "faults", circuit, map[string]types.AttributeValue{name: value}); err != nil {
			t.Fatal(err)
		}
	}
	plant("newer", "schema", &types.AttributeValueMemberN{Value: "2"})
	plant("edited", "generation", &types.AttributeValueMemberS{Value: "many"})

	expect(t, load(local("nothing"), "payments"), storage.FaultMissing, "create it with recloser store init")
	expect(t, load(local("other"), "payments"), storage.FaultOther, "its key must be pk")
	expect(t, load(local("faults"), "newer"), storage.FaultRecord, "newer schema")
	expect(t, load(local("faults"), "edited"), storage.FaultRecord, "repair it, or delete the record")
	expect(t, load("dynamodb://faults?region=eu-west-1&endpoint=http://127.0.0.1:1", "payments"), storage.FaultUnreachable, "connection refused")
	expect(t, load("dynamodb://faults?region=eu-west-1&endpoint=http://nowhere.invalid", "payments"), storage.FaultUnreachable, "no address for nowhere.invalid")
	t.Setenv("AWS_REGION", "")
	t.Setenv("AWS_DEFAULT_REGION", "")
	expect(t, load("dynamodb://faults?endpoint="+endpoint, "payments"), storage.FaultDescription, "set AWS_REGION")
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	expect(t, load(local("faults"), "payments"), storage.FaultDenied, "set AWS_ACCESS_KEY_ID")
	expect(t, &dynamostore.Error{Operation: "Scan", Table: "faults", Kind: dynamostore.ErrDenied, Code: "AccessDeniedException"},
		storage.FaultDenied, "allow dynamodb:Scan on the table")
	expect(t, &dynamostore.Error{Kind: dynamostore.ErrThrottled}, storage.FaultUnreachable, "throttling")
}

// otherTable makes a table that is not one of records.
func otherTable(t *testing.T, c *dynamodb.Client) {
	t.Helper()
	_, err := c.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName:            aws.String("other"),
		BillingMode:          types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeN}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFaultsOfValkey(t *testing.T) {
	load := func(s recloser.Store, circuit string) error {
		_, err := s.Load(t.Context(), circuit)
		return err
	}
	write := func(s recloser.Store) error {
		_, err := s.Apply(t.Context(), "payments", recloser.Watch{At: 1, Share: 1})
		return err
	}
	at := func(url string) recloser.Store {
		opened, err := open(t, url)
		if err != nil {
			t.Fatal(err)
		}
		return opened.Store
	}
	guarded := start(t, "--requirepass", "right")
	expect(t, load(at("valkey://"+guarded), "payments"), storage.FaultDenied, "set RECLOSER_STORE_PASSWORD")
	expect(t, load(at("valkey://me:hunter2@"+guarded), "payments"), storage.FaultDenied, "user or password is wrong")
	expect(t, load(at("valkey://127.0.0.1:1"), "payments"), storage.FaultUnreachable, "is it running")
	expect(t, load(at("valkey://nowhere.invalid"), "payments"), storage.FaultUnreachable, "no address for nowhere.invalid")

	address := strings.TrimPrefix(valkey.URL(t), "redis://")
	expect(t, load(at("valkey://"+address+"/999"), "payments"), storage.FaultOther, "there is no such database")
	expect(t, write(at("valkey://"+start(t, "--replicaof", "127.0.0.1 1"))), storage.FaultOther, "name the primary")
	expect(t, write(at("valkey://"+start(t, "--maxmemory", "1"))), storage.FaultOther, "raise its maxmemory")
	alone := at("valkey://" + start(t, "--cluster-enabled", "yes"))
	expect(t, load(alone, "payments"), storage.FaultUnreachable, "the cluster has lost servers")
	expect(t, &valkeystore.Error{Operation: "load", Server: address, Kind: valkeystore.ErrCluster, Code: "MOVED"}, storage.FaultDescription, "?cluster=true")

	c := redis.NewClient(&redis.Options{Addr: address})
	defer c.Close()
	for _, err := range []error{
		c.Set(t.Context(), "recloser:{text}", "x", 0).Err(),
		c.HSet(t.Context(), "recloser:{newer}", "schema", "2").Err(),
		c.HSet(t.Context(), "recloser:{edited}", "schema", "1", "generation", "many").Err(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	s := at("valkey://" + address)
	expect(t, load(s, "text"), storage.FaultRecord, "choose another prefix")
	expect(t, load(s, "newer"), storage.FaultRecord, "newer schema")
	expect(t, load(s, "edited"), storage.FaultRecord, "delete the record to begin anew")
}

func TestFaultOfOthers(t *testing.T) {
	for _, err := range []error{nil, errors.New("x"), context.Canceled, recloser.ErrConflict, recloser.ErrStoreFull} {
		if got := storage.FaultOf(err); got != storage.FaultOther {
			t.Errorf("%v: %d", err, got)
		}
	}
}
