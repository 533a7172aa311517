package dynamotable_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/dynamotable"
	"github.com/recloser-dev/recloser/internal/item"
	"github.com/recloser-dev/recloser/internal/statelanguage"
)

const epoch = recloser.Instant(1_767_225_600_000)

// TestLikeDynamoDB makes the same requests of the table in memory and of DynamoDB
// Local: writes of records as package item says them, in an order by chance, and
// requests that are wrong.
func TestLikeDynamoDB(t *testing.T) {
	client := &http.Client{}
	defer client.CloseIdleConnections()
	server := statelanguage.Server(t.Context(), client, dynamo.URL(t))
	name := fmt.Sprintf("records-%d", rand.Uint32())
	create(t, server, name)
	table := dynamotable.New(name, item.Key, item.Sort)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 1))
	requests, refused := 0, 0
	for range 400 {
		operation, request := draw(dice, name)
		want, wantErr := server(operation, request)
		got, gotErr := table.Do(operation, request)
		wantCode, gotCode := "", ""
		if refusal, ok := errors.AsType[*statelanguage.Refusal](wantErr); ok {
			wantCode = refusal.Code
			refused++
		} else if wantErr != nil {
			t.Fatal(wantErr)
		}
		if e, ok := errors.AsType[*dynamotable.Error](gotErr); ok {
			gotCode = e.Code
		}
		requests++
		if wantCode != gotCode || wantErr == nil && !reflect.DeepEqual(sorted(want), sorted(got)) {
			t.Fatalf("%s %v:\nDynamoDB Local %v %v\nthe table      %v %v", operation, text(request), text(want), wantErr, text(got), gotErr)
		}
	}
	t.Logf("%d requests, %d of them refused", requests, refused)
}

func create(t *testing.T, server statelanguage.Database, name string) {
	t.Helper()
	key := func(name, kind string) map[string]any { return map[string]any{"AttributeName": name, "KeyType": kind} }
	typed := func(name string) map[string]any { return map[string]any{"AttributeName": name, "AttributeType": "S"} }
	_, err := server("CreateTable", map[string]any{
		"TableName": name, "BillingMode": "PAY_PER_REQUEST",
		"AttributeDefinitions": []any{typed(item.Key), typed(item.Sort)}, "KeySchema": []any{key(item.Key, "HASH"), key(item.Sort, "RANGE")},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// draw returns a request by chance.
func draw(dice *rand.Rand, table string) (string, map[string]any) {
	key := dynamotable.Object(map[string]item.Value(item.RecordKey([]string{"a", "b"}[dice.IntN(2)])))
	switch dice.IntN(12) {
	case 0:
		return "GetItem", map[string]any{"TableName": table, "Key": key, "ConsistentRead": true}
	case 1:
		put := dynamotable.Object(map[string]item.Value{"share": item.Number("0.250"), "generation": item.Number("1"), "window": item.Map{}})
		maps.Copy(put, key)
		return "PutItem", map[string]any{"TableName": table, "Item": put}
	case 2:
		return wrong(dice, table, key)
	}
	updates, err := item.Of(write(dice), epoch)
	if err != nil {
		return "GetItem", map[string]any{"TableName": table, "Key": key}
	}
	u := updates[dice.IntN(len(updates))]
	request := map[string]any{
		"TableName": table, "Key": key, "ConditionExpression": u.Condition, "UpdateExpression": u.Expression, "ReturnValues": "ALL_NEW",
		"ExpressionAttributeNames": dynamotable.Object(u.Names), "ExpressionAttributeValues": dynamotable.Object(map[string]item.Value(u.Values)),
	}
	if dice.IntN(2) == 0 {
		delete(request, "ConditionExpression") // It may leave placeholders that nothing uses.
		if dice.IntN(2) == 0 {
			request["ConditionExpression"] = "attribute_exists(#generation) OR #schema <= :schema AND attribute_not_exists(#schema)"
		}
	}
	return "UpdateItem", request
}

// wrong returns a request that DynamoDB refuses, or nearly.
func wrong(dice *rand.Rand, table string, key map[string]any) (string, map[string]any) {
	request := map[string]any{"TableName": table, "Key": key, "ReturnValues": "ALL_NEW"}
	all := []string{
		"SET a = b", "SET a = if_not_exists(b, c)", "SET pk = sk", "SET a.b = since_ms", "SET a = since_ms, a = since_ms", "SET a = since_ms REMOVE a",
		"SET", "BOGUS a", "SET a = #none", "SET a = :none", "SET a = since_ms + since_ms", "SET a = since_ms - generation", "SET a = voices + since_ms",
	}
	request["UpdateExpression"] = all[dice.IntN(len(all))]
	return "UpdateItem", request
}

// write returns a write of a record by chance.
func write(dice *rand.Rand) recloser.Write {
	g := uint64(dice.IntN(3))
	at := func(n int) recloser.Instant { return epoch.Add(time.Duration(dice.IntN(n)) * time.Second) }
	was := []recloser.Instant{0, epoch, epoch + 1000}[dice.IntN(3)]
	tokens := []string{"", "x", "y"}
	slots := make([]recloser.Slot, dice.IntN(3))
	for i := range slots {
		slots[i] = recloser.Slot{Start: at(20), Counts: recloser.Counts{Calls: dice.IntN(3), Failures: dice.IntN(2), Slow: dice.IntN(2), Reports: 1}}
	}
	switch dice.IntN(8) {
	case 0, 1:
		return recloser.Watch{Generation: g, Was: was, At: epoch, Share: 0.25}
	case 2:
		return recloser.Unwatch{Generation: g, Was: epoch}
	case 3, 4:
		return recloser.Report{Generation: g, Watch: was, Counted: slots, Drop: []recloser.Instant{at(20)}, Share: recloser.Share(1) / 3, Voice: tokens[dice.IntN(3)]}
	case 5:
		return recloser.Transition{Generation: g, To: recloser.State(dice.IntN(3)), Since: at(5), OpenUntil: was, Relapses: dice.IntN(2), Cause: recloser.Cause{Rule: "r"}}
	case 6:
		return recloser.Claim{Generation: g, First: dice.IntN(2) == 0, Slot: dice.IntN(2), Was: tokens[dice.IntN(3)], Lease: recloser.Lease{Token: "x", End: epoch}}
	}
	return recloser.Settle{Generation: g, Slot: dice.IntN(2), Token: "x", Outcome: recloser.Outcome(dice.IntN(4))}
}

func text(v any) string {
	encoded, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(encoded)
}

// sorted returns v with its sets in order, which have none.
func sorted(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := make(map[string]any, len(v))
		for name, inner := range v {
			m[name] = sorted(inner)
		}
		if set, ok := v["SS"].([]any); ok {
			names := make([]string, len(set))
			for i, name := range set {
				names[i], _ = name.(string)
			}
			slices.Sort(names)
			m["SS"] = names
		}
		return m
	}
	return v
}
