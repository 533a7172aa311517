package locallambda

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

// urlAnswer is the response of a function in payload format 2.0.
type urlAnswer struct {
	StatusCode      int               `json:"statusCode"`
	Headers         map[string]string `json:"headers"`
	Cookies         []string          `json:"cookies"`
	Body            string            `json:"body"`
	IsBase64Encoded bool              `json:"isBase64Encoded"`
}

// urlAnswerOf makes a response of what a function returned. What has no status code
// is a body. It reports false for what Lambda answers 502 to.
func urlAnswerOf(result Result) (answer urlAnswer, ok bool) {
	if result.ContentType == integrationResponse {
		return urlAnswer{}, false // It was not streamed to its end.
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(result.Payload, &fields) == nil && fields["statusCode"] != nil {
		if json.Unmarshal(result.Payload, &answer) != nil {
			return urlAnswer{}, false
		}
		if answer.IsBase64Encoded {
			body, err := base64.StdEncoding.DecodeString(answer.Body)
			if err != nil {
				return urlAnswer{}, false
			}
			answer.Body = string(body)
		}
		return answer, answer.StatusCode >= 100 && answer.StatusCode <= 999
	}
	answer = urlAnswer{StatusCode: http.StatusOK, Body: string(result.Payload)}
	var text string
	if json.Unmarshal(result.Payload, &text) == nil {
		answer.Body = text
	}
	return answer, true
}

func (a *urlAnswer) write(w http.ResponseWriter) {
	a.writeHead(w)
	_, _ = io.WriteString(w, a.Body) // Who does not listen has hung up.
}

func (a *urlAnswer) writeHead(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	for key, value := range a.Headers {
		w.Header().Set(key, value)
	}
	for _, cookie := range a.Cookies {
		w.Header().Add("Set-Cookie", cookie)
	}
	w.WriteHeader(a.StatusCode)
}

// integrationResponse is the type of a streamed response with a head of its own.
const integrationResponse = "application/vnd.awslambda.http-integration-response"

// The limits of a streamed response, in bytes.
const (
	maxStream = 200 << 20
	maxHead   = 64 << 10
)

var errNotStreamed = errors.New("locallambda: the response was not streamed to its end")

// copyStream writes a streamed response, and reports whether there is one. The head
// ends with eight zeros.
func copyStream(w http.ResponseWriter, from io.Reader) (begun bool, err error) {
	gap := make([]byte, 8)
	var read []byte
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		read = append(read, buffer[:n]...)
		if head, rest, found := bytes.Cut(read, gap); found {
			answer := urlAnswer{StatusCode: http.StatusOK}
			if err := json.Unmarshal(head, &answer); err != nil || answer.StatusCode < 100 || answer.StatusCode > 999 {
				return false, errNotStreamed
			}
			answer.writeHead(w)
			return true, copyBody(w, io.MultiReader(bytes.NewReader(rest), from))
		}
		if err != nil || len(read) > maxHead {
			return false, err
		}
	}
}

// copyBody writes a body as it comes.
func copyBody(w http.ResponseWriter, body io.Reader) error {
	control := http.NewResponseController(w)
	buffer := make([]byte, 32<<10)
	for {
		n, err := body.Read(buffer)
		if n > 0 {
			if _, err := w.Write(buffer[:n]); err != nil {
				return err
			}
			if err := control.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
