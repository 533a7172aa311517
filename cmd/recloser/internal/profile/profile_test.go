package profile_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"go.uber.org/goleak"

	"github.com/recloser-dev/recloser/cmd/recloser/internal/profile"
	"github.com/recloser-dev/recloser/store/dynamostore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// home sets up a user's files and environment, and nothing of this machine's.
func home(t *testing.T, files map[string]string, environ ...string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "$HOME", dir)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
		}
	}
	environ = append([]string{
		"HOME=" + dir, "AWS_CONFIG_FILE=" + filepath.Join(dir, "config"), "AWS_SHARED_CREDENTIALS_FILE=" + filepath.Join(dir, "credentials"),
		"AWS_EC2_METADATA_DISABLED=true",
	}, environ...)
	for _, v := range environ {
		name, value, _ := strings.Cut(v, "=")
		t.Setenv(name, value)
	}
	return dir
}

const (
	somewhere = "https://dynamodb.eu-west-1.amazonaws.com"
	here      = "http://127.0.0.1:8000"
)

// TestSetUps goes through what a user may have set up.
func TestSetUps(t *testing.T) {
	keys := map[string]string{
		"config":      "[default]\nregion = eu-west-1\n[profile ops]\nregion = eu-central-1\n",
		"credentials": "[default]\naws_access_key_id = DEFAULT\naws_secret_access_key = s\n[ops]\naws_access_key_id = OPS\naws_secret_access_key = s\n",
	}
	environ := []string{"AWS_ACCESS_KEY_ID=ENV", "AWS_SECRET_ACCESS_KEY=s"}
	for _, row := range []struct {
		name             string
		files            map[string]string
		environ          []string
		region, endpoint string
		wantRegion       string
		wantKey          string
		invented         string
	}{
		{"default profile", keys, nil, "", "", "eu-west-1", "DEFAULT", ""},
		{"another profile", keys, []string{"AWS_PROFILE=ops"}, "", "", "eu-central-1", "OPS", ""},
		{"the URL's region", keys, nil, "us-east-2", "", "us-east-2", "DEFAULT", ""},
		{"the environment", nil, append(environ, "AWS_REGION=eu-west-3"), "", "", "eu-west-3", "ENV", ""},
		{"an endpoint elsewhere", keys, nil, "", somewhere, "eu-west-1", "DEFAULT", ""},
		{"nothing, at this machine", nil, nil, "", here, profile.LocalRegion, profile.LocalKey, "credentials recloser and region us-east-1"},
		{"a region only, at this machine", nil, nil, "eu-west-1", here, "eu-west-1", profile.LocalKey, "credentials recloser"},
		{"keys only, at this machine", nil, environ, "", here, profile.LocalRegion, "ENV", "region us-east-1"},
		{"all, at this machine", keys, nil, "", here, "eu-west-1", "DEFAULT", ""},
		{"this machine by the environment", nil, []string{"AWS_ENDPOINT_URL_DYNAMODB=" + here}, "", "", profile.LocalRegion, profile.LocalKey, "credentials recloser and region us-east-1"},
	} {
		t.Run(row.name, func(t *testing.T) {
			home(t, row.files, row.environ...)
			client, invented, err := profile.DynamoDB(t.Context(), row.region, row.endpoint)
			if err != nil {
				t.Fatal(err)
			}
			o := client.Options()
			c, err := o.Credentials.Retrieve(t.Context())
			if err != nil || o.Region != row.wantRegion || c.AccessKeyID != row.wantKey || invented != row.invented {
				t.Errorf("region %s, key %s, invented %q, %v", o.Region, c.AccessKeyID, invented, err)
			}
			if _, ok := o.HTTPClient.(*http.Client); !ok {
				t.Errorf("its client of HTTP is a %T", o.HTTPClient)
			}
		})
	}
}

// TestSetUpsThatLack: what is missing is told in one line, and nothing secret.
func TestSetUpsThatLack(t *testing.T) {
	signOn := map[string]string{
		"config": "[default]\nregion = eu-west-1\nsso_session = s\nsso_account_id = 1\nsso_role_name = r\n[sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://s.example\n",
	}
	process := map[string]string{"config": "[default]\nregion = eu-west-1\ncredential_process = sh -c 'echo hunter2 >&2; exit 1'\n"}
	for _, row := range []struct {
		name    string
		files   map[string]string
		environ []string
		kind    error
		want    string
	}{
		{"nothing", nil, []string{"AWS_REGION=eu-west-1"}, dynamostore.ErrCredentials, "set AWS_PROFILE, or AWS_ACCESS_KEY_ID"},
		{"no region", nil, []string{"AWS_ACCESS_KEY_ID=A", "AWS_SECRET_ACCESS_KEY=s"}, dynamostore.ErrRegion, "add ?region=eu-central-1 to the store's URL"},
		{"no such profile", nil, []string{"AWS_PROFILE=opps"}, dynamostore.ErrCredentials, `no profile "opps"`},
		{"sign-on", signOn, nil, dynamostore.ErrCredentials, "run aws sso login"},
		{"process", process, nil, dynamostore.ErrCredentials, "set AWS_PROFILE"},
		{"not a file", map[string]string{"config": "[default]\nregion = eu-west-1\nrole_arn = arn\nsource_profile = gone\n"}, nil, dynamostore.ErrCredentials, "gone"},
	} {
		t.Run(row.name, func(t *testing.T) {
			home(t, row.files, row.environ...)
			_, _, err := profile.DynamoDB(t.Context(), "", "")
			if !errors.Is(err, row.kind) || !strings.Contains(err.Error(), row.want) || strings.ContainsAny(err.Error(), "\n") || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v", err)
			}
			t.Log(err)
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	home(t, process)
	if _, _, err := profile.DynamoDB(ctx, "", ""); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

// TestBundle: authorities of the user's own are trusted.
func TestBundle(t *testing.T) {
	dir := home(t, nil, "AWS_ACCESS_KEY_ID=A", "AWS_SECRET_ACCESS_KEY=s", "AWS_REGION=eu-west-1")
	bundle := filepath.Join(dir, "bundle.pem")
	if err := os.WriteFile(bundle, []byte(authority), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CA_BUNDLE", bundle)
	client, _, err := profile.DynamoDB(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	if roots := transportOf(t, client).TLSClientConfig.RootCAs; roots == nil {
		t.Error("the bundle is not in use")
	}
}

func transportOf(t *testing.T, client *dynamodb.Client) *http.Transport {
	t.Helper()
	c, ok := client.Options().HTTPClient.(interface{ GetTransport() *http.Transport })
	if !ok {
		t.Fatalf("its client of HTTP is a %T", client.Options().HTTPClient)
	}
	return c.GetTransport()
}
