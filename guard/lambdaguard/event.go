package lambdaguard

import "encoding/json"

// kind is what sent an event, as far as it matters for the answer.
type kind uint8

const (
	kindOther         kind = iota
	kindGatewayV1          // API Gateway, payload format 1.0: REST APIs, and HTTP APIs so configured
	kindGatewayV2          // API Gateway, payload format 2.0: HTTP APIs
	kindFunctionURL        // which has the payload format 2.0 too
	kindBalancer           // Application Load Balancer
	kindBalancerMulti      // the same, with multi-value headers
	kindQueue              // a batch of SQS
)

// shape is what tells kinds of events from each other.
type shape struct {
	Version           string          `json:"version"`
	Type              string          `json:"type"`      // of an authorizer's request
	MethodArn         string          `json:"methodArn"` // the same
	RouteArn          string          `json:"routeArn"`  // the same
	HTTPMethod        string          `json:"httpMethod"`
	MultiValueHeaders json.RawMessage `json:"multiValueHeaders"`
	RequestContext    struct {
		HTTPMethod   string `json:"httpMethod"`
		APIID        string `json:"apiId"`
		DomainName   string `json:"domainName"`
		ConnectionID string `json:"connectionId"` // of a WebSocket
		HTTP         struct {
			Method string `json:"method"`
		} `json:"http"`
		ELB struct {
			TargetGroupArn string `json:"targetGroupArn"`
		} `json:"elb"`
	} `json:"requestContext"`
	Records []struct {
		EventSource string `json:"eventSource"`
		MessageID   string `json:"messageId"`
	} `json:"Records"`
}

// read returns the kind of an event, and what told it. An event that merely looks
// like one of a kind must not be taken for it: its sender would take the answer
// for a success.
func read(event json.RawMessage) (kind, shape) {
	var s shape
	if json.Unmarshal(event, &s) != nil {
		return kindOther, shape{}
	}
	return s.kind(), s
}

func (s *shape) kind() kind {
	c := &s.RequestContext
	switch {
	case s.Type != "", s.MethodArn != "", s.RouteArn != "", c.ConnectionID != "":
		return kindOther
	case c.ELB.TargetGroupArn != "" && s.HTTPMethod != "":
		if len(s.MultiValueHeaders) > 0 && string(s.MultiValueHeaders) != "null" {
			return kindBalancerMulti
		}
		return kindBalancer
	case s.Version == "2.0" && c.HTTP.Method != "" && c.APIID != "":
		if isFunctionURL(c.DomainName) {
			return kindFunctionURL
		}
		return kindGatewayV2
	case (s.Version == "" || s.Version == "1.0") && s.HTTPMethod != "" && c.HTTPMethod != "" && c.APIID != "":
		return kindGatewayV1
	case s.isQueue():
		return kindQueue
	}
	return kindOther
}

func (s *shape) isQueue() bool {
	for _, r := range s.Records {
		if r.EventSource != "aws:sqs" || r.MessageID == "" {
			return false
		}
	}
	return len(s.Records) > 0
}
