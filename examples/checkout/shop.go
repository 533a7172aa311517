package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"github.com/recloser-dev/recloser"
)

// order is what a buyer sends.
type order struct {
	Item  string `json:"item"`
	Cents int    `json:"cents"`
}

// receipt is what payments answers.
type receipt struct {
	ID string `json:"receipt"`
}

// shop is the function.
type shop struct {
	payments *recloser.Breaker
	url      string
	client   *http.Client
}

// checkout charges a buyer. A rejection by the circuit is returned as it is:
// lambdaguard makes a 503 of it, with the time to come back.
func (s shop) checkout(ctx context.Context, request events.LambdaFunctionURLRequest) (events.LambdaFunctionURLResponse, error) {
	var o order
	if err := json.Unmarshal([]byte(request.Body), &o); err != nil || o.Item == "" || o.Cents <= 0 {
		return answer(http.StatusBadRequest, map[string]string{"error": `send {"item":"book","cents":1200}`})
	}
	var paid receipt
	err := s.payments.Do(ctx, func(ctx context.Context) (err error) {
		paid, err = s.charge(ctx, o)
		return err
	})
	var refusal *refusedError
	switch {
	case errors.Is(err, recloser.ErrOpen):
		return events.LambdaFunctionURLResponse{}, err
	case errors.As(err, &refusal):
		return answer(http.StatusPaymentRequired, map[string]string{"error": "the payment was refused"})
	case err != nil:
		return answer(http.StatusBadGateway, map[string]string{"error": "payments did not answer"})
	}
	return answer(http.StatusCreated, paid)
}

// charge calls payments.
func (s shop) charge(ctx context.Context, o order) (receipt, error) {
	body, err := json.Marshal(o)
	if err != nil {
		return receipt{}, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		return receipt{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := s.client.Do(request)
	if err != nil {
		return receipt{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	switch {
	case err != nil:
		return receipt{}, err
	case response.StatusCode >= 500, response.StatusCode == http.StatusTooManyRequests:
		return receipt{}, fmt.Errorf("payments: %s", response.Status)
	case response.StatusCode >= 400:
		return receipt{}, &refusedError{response.StatusCode}
	}
	var r receipt
	if err := json.Unmarshal(text, &r); err != nil || r.ID == "" {
		return receipt{}, errors.New("payments: its answer is no receipt")
	}
	return r, nil
}

// refusedError is payments saying no, which it must be well to do.
type refusedError struct{ status int }

func (e *refusedError) Error() string {
	return fmt.Sprintf("payments: refused with status %d", e.status)
}

// classify says what the error of a charge counts as.
func classify(err error) recloser.Outcome {
	if _, refused := errors.AsType[*refusedError](err); refused {
		return recloser.OutcomeSuccess
	}
	return recloser.Classify(err)
}

func answer(status int, body any) (events.LambdaFunctionURLResponse, error) {
	var text strings.Builder
	err := json.NewEncoder(&text).Encode(body)
	return events.LambdaFunctionURLResponse{
		StatusCode: status,
		Headers:    map[string]string{"Content-Type": "application/json"},
		Body:       text.String(),
	}, err
}
