// Package profile makes clients of AWS as the user of a machine has set it up:
// with profiles, single sign-on, roles and what else the files of AWS can say.
package profile

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/logging"

	"github.com/recloser-dev/recloser/cmd/internal/storage"
	"github.com/recloser-dev/recloser/store/dynamostore"
)

// What a DynamoDB on this machine is asked with where the user has set nothing
// up: it takes any credentials and any region, but wants some.
const (
	LocalRegion = "us-east-1"
	LocalKey    = "recloser"
)

// signOnTime bounds how long credentials may take to come: a role may have to be
// taken, or an instance asked.
const signOnTime = 30 * time.Second

// DynamoDB returns a client with the credentials and, if region and endpoint are
// empty, the region and the endpoint that the user has set up. It gets the
// credentials at once, so that what is wrong with them is told before anything
// is asked.
//
// Where the endpoint is on this machine and the user has no credentials or no
// region, it takes those of [LocalKey] and [LocalRegion], and invented says which
// of the two: DynamoDB Local wants some, takes any, and may keep a database for
// each.
//
// The error matches [dynamostore.ErrCredentials] or [dynamostore.ErrRegion] if
// it is about that.
func DynamoDB(ctx context.Context, region, endpoint string) (client *dynamodb.Client, invented string, err error) {
	ctx, cancel := context.WithTimeout(ctx, signOnTime)
	defer cancel()
	options := []func(*config.LoadOptions) error{config.WithRegion(region), config.WithLogger(logging.Nop{})}
	if storage.Loopback(endpoint) {
		// Nobody who plays on a laptop waits for the metadata of an instance.
		options = append(options, config.WithEC2IMDSClientEnableState(imds.ClientDisabled))
	}
	setUp, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, "", unusable(err)
	}
	client = dynamodb.NewFromConfig(setUp, func(o *dynamodb.Options) {
		if endpoint != "" {
			o.BaseEndpoint = &endpoint
		}
		// Reads of whole tables are repeated, by the store's leave; a person waits.
		o.Retryer = retry.NewStandard(func(o *retry.StandardOptions) { o.MaxBackoff = 300 * time.Millisecond })
		if !hasBundle(setUp) {
			o.HTTPClient = dynamostore.NewHTTPClient()
		}
	})
	o := client.Options()
	near := o.BaseEndpoint != nil && storage.Loopback(*o.BaseEndpoint)
	if o.Region == "" && !near {
		return nil, "", fmt.Errorf("%w; set AWS_REGION, add ?region=eu-central-1 to the store's URL, or give the profile one", dynamostore.ErrRegion)
	}
	_, missing := o.Credentials.Retrieve(ctx)
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return nil, "", ctx.Err()
	case near && (missing != nil || o.Region == ""):
		client, invented = localClient(o, missing != nil)
		return client, invented, nil
	case missing != nil:
		return nil, "", uncredited(missing, setUp)
	}
	return client, "", nil
}

// localClient returns a client that has what o lacks, and says what that is.
func localClient(o dynamodb.Options, uncredited bool) (client *dynamodb.Client, invented string) {
	var all []string
	if uncredited {
		o.Credentials = aws.NewCredentialsCache(credentials.NewStaticCredentialsProvider(LocalKey, LocalKey, ""))
		all = append(all, "credentials "+LocalKey)
	}
	if o.Region == "" {
		o.Region = LocalRegion
		all = append(all, "region "+LocalRegion)
	}
	return dynamodb.New(o), strings.Join(all, " and ")
}

// hasBundle reports whether the user trusts authorities of their own, which the
// SDK's client of HTTP knows and ours does not.
func hasBundle(setUp aws.Config) bool {
	for _, source := range setUp.ConfigSources {
		environment, _ := source.(config.EnvConfig)
		file, _ := source.(config.SharedConfig)
		if environment.CustomCABundle != "" || file.CustomCABundle != "" {
			return true
		}
	}
	return false
}

// signsOn reports whether the user's credentials come by single sign-on.
func signsOn(setUp aws.Config) bool {
	for _, source := range setUp.ConfigSources {
		if file, ok := source.(config.SharedConfig); ok && (file.SSOSessionName != "" || file.SSOStartURL != "") {
			return true
		}
	}
	return false
}

// unusable says why the user's set-up cannot be read.
func unusable(err error) error {
	if absent, ok := errors.AsType[config.SharedConfigProfileNotExistError](err); ok {
		return fmt.Errorf("%w: there is no profile %.100q in the files of AWS; look at AWS_PROFILE", dynamostore.ErrCredentials, absent.Profile)
	}
	return fmt.Errorf("%w: the files of AWS cannot be read: %w", dynamostore.ErrCredentials, err)
}

// uncredited says why there are no credentials. The words of those who give them
// may hold parts of them, and are left out.
func uncredited(err error, setUp aws.Config) error {
	advice := "there are none; set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		advice = fmt.Sprintf("who gives them has not answered within %v", signOnTime)
	case signsOn(setUp):
		advice = "you are not signed on; run aws sso login"
	}
	return fmt.Errorf("%w: %s", dynamostore.ErrCredentials, advice)
}
