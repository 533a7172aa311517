package grpcguard_test

import (
	"context"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	pb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/test/bufconn"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/guard/grpcguard"
)

// Counts by which a test says what one call came to.
var (
	nothing = recloser.Counts{}
	success = recloser.Counts{Calls: 1}
	failure = recloser.Counts{Calls: 1, Failures: 1}
	late    = recloser.Counts{Calls: 1, Failures: 1, Slow: 1}
)

// service is a server whose methods are functions.
type service struct {
	pb.UnimplementedTestServiceServer
	unary    func(context.Context, *pb.SimpleRequest) (*pb.SimpleResponse, error)
	download func(pb.TestService_StreamingOutputCallServer) error
	upload   func(pb.TestService_StreamingInputCallServer) error
	duplex   func(pb.TestService_FullDuplexCallServer) error
}

func (s *service) UnaryCall(ctx context.Context, r *pb.SimpleRequest) (*pb.SimpleResponse, error) {
	return s.unary(ctx, r)
}

func (s *service) StreamingOutputCall(_ *pb.StreamingOutputCallRequest, stream pb.TestService_StreamingOutputCallServer) error {
	return s.download(stream)
}

func (s *service) StreamingInputCall(stream pb.TestService_StreamingInputCallServer) error {
	return s.upload(stream)
}

func (s *service) FullDuplexCall(stream pb.TestService_FullDuplexCallServer) error {
	return s.duplex(stream)
}

// guarded is a client behind a guard.
type guarded struct {
	pb.TestServiceClient
	panel *recloser.Panel
	name  string
}

// guard runs a server on the network, and returns a client of it.
func guard(tb testing.TB, policy recloser.Policy, s *service, optFns ...func(*grpcguard.Options)) guarded {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	serve(tb, listener, s)
	return dial(tb, policy, listener.Addr().String(), grpcguard.DialOptions, optFns...)
}

// guardPipe is guard without a network, for a bubble of testing/synctest.
func guardPipe(tb testing.TB, policy recloser.Policy, s *service) guarded {
	tb.Helper()
	listener := bufconn.Listen(1 << 16)
	serve(tb, listener, s)
	return dial(tb, policy, "passthrough:///pipe", func(panel *recloser.Panel, optFns ...func(*grpcguard.Options)) []grpc.DialOption {
		return append(grpcguard.DialOptions(panel, optFns...), grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			return listener.DialContext(ctx)
		}))
	})
}

func serve(tb testing.TB, listener net.Listener, s *service) {
	tb.Helper()
	server := grpc.NewServer()
	pb.RegisterTestServiceServer(server, s)
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	tb.Cleanup(func() {
		server.Stop()
		if err := <-done; err != nil {
			tb.Error(err)
		}
	})
}

func dial(
	tb testing.TB, policy recloser.Policy, target string,
	options func(*recloser.Panel, ...func(*grpcguard.Options)) []grpc.DialOption, optFns ...func(*grpcguard.Options),
) guarded {
	tb.Helper()
	panel := recloser.NewPanel(func(o *recloser.PanelOptions) { o.Policy = policy })
	conn, err := grpc.NewClient(target, append(options(panel, optFns...),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(10_000), grpc.MaxCallSendMsgSize(10_000)))...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { conn.Close(); panel.Close() })
	name, _ := grpcguard.Target(tb.Context(), target, "")
	return guarded{pb.NewTestServiceClient(conn), panel, name}
}

// call makes a unary call.
func (g guarded) call(ctx context.Context) error {
	_, err := g.UnaryCall(ctx, &pb.SimpleRequest{})
	return err
}

// holds fails the test unless the only circuit has counted want and no call is in
// flight.
func (g guarded) holds(t *testing.T, want recloser.Counts) {
	t.Helper()
	all := g.panel.Breakers()
	if len(all) != 1 || all[0].Key() != g.name {
		t.Fatalf("there are %d circuits, want one called %s", len(all), g.name)
	}
	if s := all[0].Status(); s.Window != want || s.InFlight != 0 {
		t.Errorf("the circuit counted %+v and has %d in flight, want %+v and none", s.Window, s.InFlight, want)
	}
}

func answers(err error) *service {
	return &service{
		unary: func(context.Context, *pb.SimpleRequest) (*pb.SimpleResponse, error) {
			return &pb.SimpleResponse{}, err
		},
		download: func(pb.TestService_StreamingOutputCallServer) error { return err },
		upload:   func(pb.TestService_StreamingInputCallServer) error { return err },
		duplex:   func(pb.TestService_FullDuplexCallServer) error { return err },
	}
}

// hangs is a server that answers nothing until its client is gone.
func hangs() *service {
	return &service{
		unary: func(ctx context.Context, _ *pb.SimpleRequest) (*pb.SimpleResponse, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		},
		download: func(s pb.TestService_StreamingOutputCallServer) error { <-s.Context().Done(); return s.Context().Err() },
		upload:   func(s pb.TestService_StreamingInputCallServer) error { <-s.Context().Done(); return s.Context().Err() },
		duplex:   func(s pb.TestService_FullDuplexCallServer) error { <-s.Context().Done(); return s.Context().Err() },
	}
}

// quick is a policy that opens at the first failure, for ten seconds.
func quick() recloser.Policy {
	p := recloser.DefaultPolicy()
	p.OpenWhen.MinCalls, p.OpenWhen.Confidence, p.OpenFor.Jitter = 1, 0, 0
	return p
}

func shadow(p recloser.Policy) recloser.Policy {
	p.Enforce = 0
	return p
}
