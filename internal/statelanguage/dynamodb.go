package statelanguage

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Database answers a request to DynamoDB by its operation, such as "GetItem", in
// DynamoDB's JSON. The error of a request that is refused is a [*Refusal].
type Database func(operation string, request map[string]any) (map[string]any, error)

// Refusal is DynamoDB's own name of what is wrong with a request.
type Refusal struct{ Code, Message string }

// Error returns the code and the message.
func (r *Refusal) Error() string { return r.Code + ": " + r.Message }

// DynamoDB makes the database the service behind the optimised integrations
// dynamodb:getItem, dynamodb:putItem, dynamodb:updateItem and
// dynamodb:deleteItem. Their errors are called DynamoDB.<code>; those that the
// integration has no name of its own for are DynamoDB.AmazonDynamoDBException.
func (a *Account) DynamoDB(do Database) {
	for _, operation := range []string{"GetItem", "PutItem", "UpdateItem", "DeleteItem"} {
		name := "dynamodb:" + strings.ToLower(operation[:1]) + operation[1:]
		a.Tasks[name] = func(i *Invocation) (any, error) {
			result, err := do(operation, i.fields())
			refusal, refused := errors.AsType[*Refusal](err)
			switch {
			case err == nil:
				return result, nil
			case !refused:
				return nil, failf("DynamoDB.SdkClientException", "%v", err)
			}
			code := refusal.Code
			if code == "ValidationException" {
				code = "AmazonDynamoDBException"
			}
			return nil, failf("DynamoDB."+code, "%s (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: %s)", refusal.Message, refusal.Code)
		}
	}
}

// Server returns the database of a DynamoDB server that does not look at
// signatures, such as DynamoDB Local.
func Server(ctx context.Context, client *http.Client, url string) Database {
	return func(operation string, request map[string]any) (map[string]any, error) {
		body, err := json.Marshal(request)
		if err != nil {
			return nil, fmt.Errorf("statelanguage: %w", err)
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
		if err != nil {
			return nil, fmt.Errorf("statelanguage: %w", err)
		}
		r.Header.Set("Content-Type", "application/x-amz-json-1.0")
		r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0")
		answer, err := client.Do(r)
		if err != nil {
			return nil, fmt.Errorf("statelanguage: %w", err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
		if err != nil {
			return nil, fmt.Errorf("statelanguage: %w", err)
		}
		var result map[string]any
		if err := json.Unmarshal(text, &result); err != nil {
			return nil, fmt.Errorf("statelanguage: the server answers %.200q: %w", text, err)
		}
		if answer.StatusCode == http.StatusOK {
			return result, nil
		}
		kind, _ := result["__type"].(string)
		_, code, _ := strings.Cut(kind, "#")
		message, _ := result["message"].(string)
		if message == "" {
			message, _ = result["Message"].(string)
		}
		return nil, &Refusal{Code: code, Message: message}
	}
}
