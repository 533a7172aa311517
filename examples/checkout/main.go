// Command checkout is a Lambda function behind a function URL or an HTTP API: it
// charges a buyer by calling the service payments, through a circuit that all of
// its environments share.
//
// Its environment:
//
//	PAYMENTS_URL      where payments is, such as https://payments.example/charges
//	RECLOSER_TABLE    the DynamoDB table of the circuits; recloser if it is not set
//	VALKEY_URL        instead of a table, such as valkeys://host:6379
//	RECLOSER_…        what overrules recloser.yaml
package main

import (
	"cmp"
	_ "embed"
	"log"
	"net/http"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/config"
	"github.com/recloser-dev/recloser/guard/lambdaguard"
	"github.com/recloser-dev/recloser/store/dynamostore"
	"github.com/recloser-dev/recloser/store/valkeystore"
)

//go:embed recloser.yaml
var circuits []byte

func main() { start() }

// start runs the function. A test gives it a clock of its own.
func start(optFns ...func(*recloser.Options)) {
	payments, err := newBreaker(optFns...)
	if err != nil {
		log.Fatal(err)
	}
	s := shop{payments: payments, url: os.Getenv("PAYMENTS_URL"), client: http.DefaultClient}
	lambda.Start(lambdaguard.Translate(s.checkout))
}

// newBreaker returns this environment's part in the circuit. It asks nothing of
// the store: the first call does.
func newBreaker(optFns ...func(*recloser.Options)) (*recloser.Breaker, error) {
	file, err := config.Parse("recloser.yaml", circuits, func(o *config.Options) { o.Environ = os.Environ() })
	if err != nil {
		return nil, err
	}
	store, err := openStore()
	if err != nil {
		return nil, err
	}
	shared := func(o *recloser.Options) {
		o.Policy = file.Circuits["payments"].Policy
		o.Store = store
		o.Classify = classify
		o.Observers = []recloser.Observer{recloser.ObserverFunc(func(e recloser.Event) { log.Println(e) })}
	}
	return recloser.New("payments", append([]func(*recloser.Options){shared}, optFns...)...)
}

func openStore() (recloser.Store, error) {
	if url := os.Getenv("VALKEY_URL"); url != "" {
		return valkeystore.Open(url)
	}
	client, err := dynamostore.NewClient()
	if err != nil {
		return nil, err
	}
	return dynamostore.New(client, func(o *dynamostore.Options) {
		o.Table = cmp.Or(os.Getenv("RECLOSER_TABLE"), dynamostore.DefaultTable)
	}), nil
}
