package grpcguard_test

import (
	"context"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/guard/grpcguard"
)

// BenchmarkUnary shows what a guard adds to a call that goes nowhere.
func BenchmarkUnary(b *testing.B) {
	conn, err := grpc.NewClient("localhost:443", grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	invoker := func(err error) grpc.UnaryInvoker {
		return func(context.Context, string, any, any, *grpc.ClientConn, ...grpc.CallOption) error { return err }
	}
	for _, row := range []struct {
		name   string
		policy recloser.Policy
		err    error
	}{
		{"guarded", recloser.DefaultPolicy(), nil},
		{"shadow", shadow(recloser.DefaultPolicy()), nil},
		{"rejected", quick(), status.Error(codes.Unavailable, "")},
	} {
		b.Run(row.name, func(b *testing.B) {
			panel := recloser.NewPanel(func(o *recloser.PanelOptions) { o.Policy = row.policy })
			defer panel.Close()
			guard, invoke := grpcguard.Unary(panel), invoker(row.err)
			_ = guard(b.Context(), "/s/m", nil, nil, conn, invoke)
			b.ReportAllocs()
			for b.Loop() {
				if err := guard(b.Context(), "/s/m", nil, nil, conn, invoke); (err != nil) != (row.err != nil) {
					b.Fatal(err)
				}
			}
		})
	}
}
