package dynamostore_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/store/dynamostore"
)

// otherTable makes a table that is not one of records.
func otherTable(t *testing.T, c *dynamodb.Client) string {
	t.Helper()
	name := newTable(t, c)
	_, err := c.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName:            &name,
		BillingMode:          types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeN}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// TestTable goes through the life of a table.
func TestTable(t *testing.T) {
	c := client(t, server.URL(t))
	name := newTable(t, c)
	steps := []struct {
		name string
		do   func() error
		want error
	}{
		{"check of none", func() error { return dynamostore.Check(t.Context(), c, name) }, dynamostore.ErrNoTable},
		{"destroy of none", func() error { return dynamostore.Destroy(t.Context(), c, name) }, dynamostore.ErrNoTable},
		{"create", func() error { return dynamostore.Create(t.Context(), c, name) }, nil},
		{"check", func() error { return dynamostore.Check(t.Context(), c, name) }, nil},
		{"create again", func() error { return dynamostore.Create(t.Context(), c, name) }, nil},
		{"destroy", func() error { return dynamostore.Destroy(t.Context(), c, name) }, nil},
		{"check of none any more", func() error { return dynamostore.Check(t.Context(), c, name) }, dynamostore.ErrNoTable},
	}
	for _, s := range steps {
		err := s.do()
		if !errors.Is(err, s.want) {
			t.Errorf("%s: want %v, got %v", s.name, s.want, err)
		}
		if err != nil {
			t.Log(err)
			checkLine(t, err, s.want)
		}
	}
}

// TestOthersTable: what is not ours is neither changed nor deleted.
func TestOthersTable(t *testing.T) {
	c := client(t, server.URL(t))
	name := otherTable(t, c)
	for what, err := range map[string]error{
		"create":  dynamostore.Create(t.Context(), c, name),
		"check":   dynamostore.Check(t.Context(), c, name),
		"destroy": dynamostore.Destroy(t.Context(), c, name),
	} {
		t.Log(err)
		if !errors.Is(err, dynamostore.ErrWrongTable) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := c.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: &name}); err != nil {
		t.Error(err)
	}
}

// TestProtectedTable: a table that must not be deleted is not, and says why.
func TestProtectedTable(t *testing.T) {
	c := client(t, server.URL(t))
	name := table(t)
	protect := func(on bool) {
		t.Helper()
		if _, err := c.UpdateTable(t.Context(), &dynamodb.UpdateTableInput{TableName: &name, DeletionProtectionEnabled: &on}); err != nil {
			t.Fatal(err)
		}
	}
	protect(true)
	err := dynamostore.Destroy(t.Context(), c, name)
	if err == nil || !strings.Contains(err.Error(), "deletion protection is on") {
		t.Fatalf("got error %v", err)
	}
	t.Log(err)
	checkLine(t, err, nil)
	protect(false)
	if err := dynamostore.Destroy(t.Context(), c, name); err != nil {
		t.Error(err)
	}
}

// TestTableWithoutExpiry: a table made by other hands may lack it.
func TestTableWithoutExpiry(t *testing.T) {
	c := client(t, server.URL(t))
	name := table(t)
	_, err := c.UpdateTimeToLive(t.Context(), &dynamodb.UpdateTimeToLiveInput{
		TableName:               &name,
		TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String("ttl"), Enabled: aws.Bool(false)},
	})
	if err != nil {
		t.Fatal(err)
	}
	err = dynamostore.Check(t.Context(), c, name)
	if !errors.Is(err, dynamostore.ErrWrongTable) || !strings.Contains(err.Error(), "time to live is off") {
		t.Errorf("got %v", err)
	}
}

// TestExpiry: a record outlives its last write and any override by long.
func TestExpiry(t *testing.T) {
	c := client(t, server.URL(t))
	name := table(t)
	now := time.Now().Truncate(time.Second) // What is past, the server deletes by its own clock.
	s := dynamostore.New(c, func(o *dynamostore.Options) {
		o.Table = name
		o.Now = func() time.Time { return now }
	})
	forced := func(days int) recloser.Write {
		until := recloser.InstantOf(now.AddDate(0, 0, days))
		return recloser.SetOverride{Override: recloser.Override{Mode: recloser.OverrideOpen, Until: until, Actor: "a"}}
	}
	if _, err := s.Apply(t.Context(), "payments", forced(84)); err == nil {
		t.Error("an override that outlives its record is written")
	} else {
		t.Log(err)
	}
	if _, err := s.Apply(t.Context(), "payments", forced(83)); err != nil {
		t.Fatal(err)
	}
	out, err := c.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: &name, Key: map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: "payments"}, "sk": &types.AttributeValueMemberS{Value: "record"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	ttl, _ := out.Item["ttl"].(*types.AttributeValueMemberN)
	if want := strconv.FormatInt(now.AddDate(0, 0, 90).Unix(), 10); ttl == nil || ttl.Value != want {
		t.Errorf("ttl %v, want %s", ttl, want)
	}
}
