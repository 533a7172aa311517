package grpcguard_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/guard/grpcguard"
)

func TestTarget(t *testing.T) {
	for target, want := range map[string]string{
		"dns:///Orders.example:443":    "orders.example:443",
		"dns://8.8.8.8/orders.example": "orders.example",
		"orders.example:443":           "orders.example:443",
		"127.0.0.1:50051":              "127.0.0.1:50051",
		"unix:///run/orders.sock":      "run_2forders.sock",
		"unix:run/orders.sock":         "unix:run_2forders.sock",
		"xds:///orders":                "orders",
		"dns:///[::1]:443":             "_5b::1_5d:443",
		"dns://orders":                 "",
		"":                             "",
	} {
		if name, partition := grpcguard.Target(t.Context(), target, "/shop.Orders/Get"); name != want || partition != "" {
			t.Errorf("%s has the circuit %q, %q, want %q", target, name, partition, want)
		} else if _, err := recloser.Key(name, partition); name != "" && err != nil {
			t.Error(err)
		}
	}
	if name, partition := grpcguard.Method(t.Context(), "dns:///orders", "/shop.Orders/Get"); name != "orders" || partition != "shop.Orders/Get" {
		t.Errorf("a method has the circuit %q, %q", name, partition)
	}
}

func TestCircuitNames(t *testing.T) {
	for name, want := range map[string]codes.Code{"": codes.OK, "a b": codes.Internal, strings.Repeat("x", 200): codes.Internal} {
		g := guard(t, recloser.DefaultPolicy(), answers(nil), func(o *grpcguard.Options) {
			o.Circuit = func(context.Context, string, string) (circuit, partition string) { return name, "" }
		})
		err := g.call(t.Context())
		_, streamErr := g.FullDuplexCall(t.Context())
		if status.Code(err) != want || status.Code(streamErr) != want || errors.Is(err, recloser.ErrKey) != (want != codes.OK) || len(g.panel.Breakers()) != 0 {
			t.Errorf("%q: the errors are %v, %v", name, err, streamErr)
		}
	}
	defer func() {
		if text := fmt.Sprint(recover()); !strings.Contains(text, "recloser.NewPanel") {
			t.Errorf("the panic is %v", text)
		}
	}()
	grpcguard.DialOptions(nil)
}
