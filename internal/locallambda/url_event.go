package locallambda

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"mime"
	"net"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

// urlEvent is a request in payload format 2.0.
type urlEvent struct {
	Version         string            `json:"version"`
	RouteKey        string            `json:"routeKey"`
	RawPath         string            `json:"rawPath"`
	RawQueryString  string            `json:"rawQueryString"`
	Cookies         []string          `json:"cookies,omitempty"`
	Headers         map[string]string `json:"headers"`
	Query           map[string]string `json:"queryStringParameters,omitempty"`
	RequestContext  urlContext        `json:"requestContext"`
	Body            *string           `json:"body,omitempty"`
	IsBase64Encoded bool              `json:"isBase64Encoded"`
}

type urlContext struct {
	AccountID    string  `json:"accountId"`
	APIID        string  `json:"apiId"`
	DomainName   string  `json:"domainName"`
	DomainPrefix string  `json:"domainPrefix"`
	HTTP         urlHTTP `json:"http"`
	RequestID    string  `json:"requestId"`
	RouteKey     string  `json:"routeKey"`
	Stage        string  `json:"stage"`
	Time         string  `json:"time"`
	TimeEpoch    int64   `json:"timeEpoch"`
}

type urlHTTP struct {
	Method    string `json:"method"`
	Path      string `json:"path"`
	Protocol  string `json:"protocol"`
	SourceIP  string `json:"sourceIp"`
	UserAgent string `json:"userAgent"`
}

const anyRoute = "$default"

// urlEvent makes an event of a request.
func (f *Function) urlEvent(w http.ResponseWriter, r *http.Request, id string, at time.Time) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPayload))
	if err != nil {
		return nil, err
	}
	path := r.URL.EscapedPath()
	if path == "" {
		path = "/"
	}
	prefix, _, _ := strings.Cut(r.Host, ".")
	source, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		source = r.RemoteAddr
	}
	event := urlEvent{
		Version: "2.0", RouteKey: anyRoute, RawPath: path, RawQueryString: r.URL.RawQuery,
		Headers: urlHeaders(r), Query: joined(r.URL.Query()),
		RequestContext: urlContext{
			AccountID: "anonymous", APIID: f.options.Name, DomainName: r.Host, DomainPrefix: prefix,
			HTTP:      urlHTTP{Method: r.Method, Path: r.URL.Path, Protocol: r.Proto, SourceIP: source, UserAgent: r.UserAgent()},
			RequestID: id, RouteKey: anyRoute, Stage: anyRoute, Time: urlTime(at), TimeEpoch: at.UnixMilli(),
		},
	}
	for _, header := range r.Header["Cookie"] {
		for cookie := range strings.SplitSeq(header, ";") {
			event.Cookies = append(event.Cookies, strings.TrimSpace(cookie))
		}
	}
	if len(body) > 0 {
		text := string(body)
		if !isText(r.Header.Get("Content-Type")) || !utf8.ValidString(text) {
			text, event.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
		}
		event.Body = &text
	}
	return json.Marshal(event)
}

// urlHeaders are the headers of a request in lower case, but for its cookies.
func urlHeaders(r *http.Request) map[string]string {
	headers := map[string]string{"host": r.Host}
	for key, values := range r.Header {
		if key != "Cookie" {
			headers[strings.ToLower(key)] = strings.Join(values, ",")
		}
	}
	return headers
}

func joined(values map[string][]string) map[string]string {
	all := make(map[string]string, len(values))
	for key, several := range values {
		all[key] = strings.Join(several, ",")
	}
	return all
}

// isText reports whether a body of this type is passed on as it is.
func isText(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return false
	}
	switch kind {
	case "application/json", "application/javascript", "application/xml":
		return true
	}
	return strings.HasPrefix(kind, "text/")
}
