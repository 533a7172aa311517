package grpcguard_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	pb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/guard/grpcguard"
)

// outcomes are what the codes of a server count as.
var outcomes = map[codes.Code]recloser.Counts{
	codes.OK: success, codes.Canceled: nothing, codes.Unknown: failure, codes.InvalidArgument: success,
	codes.DeadlineExceeded: failure, codes.NotFound: success, codes.AlreadyExists: success, codes.PermissionDenied: success,
	codes.ResourceExhausted: failure, codes.FailedPrecondition: success, codes.Aborted: success, codes.OutOfRange: success,
	codes.Unimplemented: success, codes.Internal: failure, codes.Unavailable: failure, codes.DataLoss: failure,
	codes.Unauthenticated: success, 42: success,
}

func TestCodes(t *testing.T) {
	for code, want := range outcomes {
		for _, policy := range []recloser.Policy{recloser.DefaultPolicy(), shadow(recloser.DefaultPolicy())} {
			t.Run(code.String(), func(t *testing.T) {
				g := guard(t, policy, answers(status.Error(code, "it is said why")))
				if err := g.call(t.Context()); status.Code(err) != code {
					t.Errorf("the error is %v", err)
				}
				g.holds(t, want)

				g = guard(t, policy, answers(status.Error(code, "it is said why")))
				stream, err := g.StreamingOutputCall(t.Context(), &pb.StreamingOutputCallRequest{})
				if err == nil {
					_, err = stream.Recv()
				}
				if code != codes.OK && status.Code(err) != code {
					t.Errorf("the error of the stream is %v", err)
				}
				g.holds(t, want)
			})
		}
	}
}

func TestClassify(t *testing.T) {
	g := guard(t, recloser.DefaultPolicy(), answers(errors.New("no such order")), func(o *grpcguard.Options) {
		o.Classify = func(err error) recloser.Outcome {
			if status.Code(err) == codes.Unknown {
				return recloser.OutcomeSuccess
			}
			panic("predicate")
		}
	})
	_ = g.call(t.Context())
	g.holds(t, success)

	g = guard(t, recloser.DefaultPolicy(), answers(status.Error(codes.Internal, "")), func(o *grpcguard.Options) {
		o.Classify = func(error) recloser.Outcome { panic("predicate") } // Law B8.
	})
	_ = g.call(t.Context())
	g.holds(t, failure)
}

// A rejection is an error of this module and of gRPC at once, and nothing is sent.
func TestRejection(t *testing.T) {
	g := guard(t, quick(), answers(status.Error(codes.Unavailable, "")))
	_ = g.call(t.Context())
	_, err := g.StreamingOutputCall(t.Context(), &pb.StreamingOutputCallRequest{})
	for kind, err := range map[string]error{"unary": g.call(t.Context()), "stream": err} {
		open, ok := errors.AsType[*recloser.OpenError](err)
		if !ok || !errors.Is(err, recloser.ErrOpen) || open.Circuit != g.name {
			t.Fatalf("%s: the error is %v", kind, err)
		}
		s, ok := status.FromError(err)
		if !ok || s.Code() != codes.Unavailable || len(s.Details()) != 1 || s.Message() != open.Error() {
			t.Fatalf("%s: the status is %v", kind, s)
		}
		if wait := s.Details()[0].(*errdetails.RetryInfo).GetRetryDelay().AsDuration(); wait != open.RetryAfter || wait < 9*time.Second {
			t.Errorf("%s: it is to be retried after %v", kind, wait)
		}
	}
	g.holds(t, nothing) // Of the generation that is open.
}

func TestRetryInfo(t *testing.T) {
	for name, row := range map[string]struct {
		code codes.Code
		info *errdetails.RetryInfo
		want time.Duration
	}{
		"longer":      {codes.Unavailable, &errdetails.RetryInfo{RetryDelay: durationpb.New(90 * time.Second)}, 90 * time.Second},
		"exhausted":   {codes.ResourceExhausted, &errdetails.RetryInfo{RetryDelay: durationpb.New(90 * time.Second)}, 90 * time.Second},
		"too long":    {codes.Unavailable, &errdetails.RetryInfo{RetryDelay: durationpb.New(24 * time.Hour)}, 5 * time.Minute},
		"negative":    {codes.Unavailable, &errdetails.RetryInfo{RetryDelay: durationpb.New(-time.Hour)}, 10 * time.Second},
		"nonsense":    {codes.Unavailable, &errdetails.RetryInfo{RetryDelay: &durationpb.Duration{Seconds: 1 << 60}}, 10 * time.Second},
		"empty":       {codes.Unavailable, &errdetails.RetryInfo{}, 10 * time.Second},
		"not failing": {codes.Aborted, &errdetails.RetryInfo{RetryDelay: durationpb.New(90 * time.Second)}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := status.New(row.code, "").WithDetails(row.info)
			if err != nil {
				t.Fatal(err)
			}
			g := guard(t, quick(), answers(s.Err()))
			_ = g.call(t.Context())
			b := g.panel.Breakers()[0].Status()
			if row.want == 0 {
				if b.State != recloser.StateClosed {
					t.Errorf("the circuit is %v", b.State)
				}
				return
			}
			if got := b.OpenUntil.Sub(b.Since); b.State != recloser.StateOpen || got < row.want-time.Second || got > row.want {
				t.Errorf("the circuit is %v for %v, want %v", b.State, got, row.want)
			}
		})
	}
}

// The call is cut off, as our failure, and the server is told when.
func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := make(chan time.Duration, 1)
		s := hangs()
		hang := s.unary
		s.unary = func(ctx context.Context, r *pb.SimpleRequest) (*pb.SimpleResponse, error) {
			deadline, _ := ctx.Deadline()
			told <- time.Until(deadline)
			return hang(ctx, r)
		}
		g := guardPipe(t, recloser.DefaultPolicy(), s)
		err := g.call(t.Context())
		if !errors.Is(err, recloser.ErrCallTimeout) || !errors.Is(err, context.DeadlineExceeded) || status.Code(err) != codes.DeadlineExceeded {
			t.Errorf("the error is %v", err)
		}
		if left := <-told; left != 3*time.Second {
			t.Errorf("the server was told %v", left)
		}
		g.holds(t, late)
	})
}

func TestCallerGivesUp(t *testing.T) {
	for _, policy := range []recloser.Policy{recloser.DefaultPolicy(), shadow(recloser.DefaultPolicy())} {
		ctx, cancel := context.WithCancel(t.Context())
		s := hangs()
		hang := s.unary
		s.unary = func(ctx context.Context, r *pb.SimpleRequest) (*pb.SimpleResponse, error) {
			cancel()
			return hang(ctx, r)
		}
		g := guard(t, policy, s)
		if err := g.call(ctx); status.Code(err) != codes.Canceled {
			t.Errorf("the error is %v", err)
		}
		g.holds(t, nothing)
		_, err := g.StreamingOutputCall(ctx, &pb.StreamingOutputCallRequest{})
		if err := g.call(ctx); status.Code(err) != codes.Canceled {
			t.Errorf("the error is %v", err)
		}
		if status.Code(err) != codes.Canceled {
			t.Errorf("the error of the stream is %v", err)
		}
		g.holds(t, nothing)
	}
}

func TestDeadlineOfTheCaller(t *testing.T) {
	for name, row := range map[string]struct {
		policy recloser.Policy
		ours   bool
	}{"enforced": {recloser.DefaultPolicy(), true}, "shadow": {shadow(recloser.DefaultPolicy()), false}} { // Law B7.
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				g := guardPipe(t, row.policy, hangs())
				err := g.call(ctx)
				if status.Code(err) != codes.DeadlineExceeded || errors.Is(err, recloser.ErrCallTimeout) != row.ours || (ctx.Err() == nil) != row.ours {
					t.Errorf("the error is %v", err)
				}
				g.holds(t, failure)
			})
		})
	}
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	g := guard(t, recloser.DefaultPolicy(), hangs())
	if err := g.call(ctx); status.Code(err) != codes.DeadlineExceeded || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the error is %v", err)
	}
	g.holds(t, nothing)
}

func TestNoConnection(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	g := dial(t, recloser.DefaultPolicy(), listener.Addr().String(), grpcguard.DialOptions)
	if err := g.call(t.Context()); status.Code(err) != codes.Unavailable {
		t.Errorf("the error is %v", err)
	}
	g.holds(t, failure)
	if _, err := g.FullDuplexCall(t.Context()); status.Code(err) != codes.Unavailable {
		t.Errorf("the error is %v", err)
	}
	g.holds(t, recloser.Counts{Calls: 2, Failures: 2})
}

// The time of a call runs while it waits for a connection.
func TestNoConnectionInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		panel := recloser.NewPanel()
		defer panel.Close()
		conn, err := grpc.NewClient("passthrough:///nowhere", append(grpcguard.DialOptions(panel),
			grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithContextDialer(func(context.Context, string) (net.Conn, error) { return nil, errors.New("refused") }))...)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		g, began := guarded{pb.NewTestServiceClient(conn), panel, "nowhere"}, time.Now()
		if _, err := g.FullDuplexCall(t.Context(), grpc.WaitForReady(true)); !errors.Is(err, recloser.ErrCallTimeout) {
			t.Errorf("the error is %v", err)
		}
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("it took %v", took)
		}
		g.holds(t, late)
	})
}

// What gRPC refuses to send, or to take, says nothing of the server.
func TestMisfits(t *testing.T) {
	big := &pb.Payload{Body: []byte(strings.Repeat("x", 20_000))}
	g := guard(t, recloser.DefaultPolicy(), &service{unary: func(context.Context, *pb.SimpleRequest) (*pb.SimpleResponse, error) {
		return &pb.SimpleResponse{Payload: big}, nil
	}})
	for name, request := range map[string]*pb.SimpleRequest{
		"too large":        {Payload: big},
		"large answer":     {},
		"not UTF-8 at all": {ResponseStatus: &pb.EchoStatus{Message: "\xff"}},
	} {
		if _, err := g.UnaryCall(t.Context(), request); err == nil {
			t.Errorf("%s: there is no error", name)
		}
		g.holds(t, nothing)
	}
}

// Whatever comes of a call that its caller has given up says nothing.
func TestErrorAfterCancel(t *testing.T) {
	panel := recloser.NewPanel()
	defer panel.Close()
	conn, err := grpc.NewClient("localhost", grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithCancel(t.Context())
	err = grpcguard.Unary(panel)(ctx, "/s/m", nil, nil, conn, func(context.Context, string, any, any, *grpc.ClientConn, ...grpc.CallOption) error {
		cancel()
		return status.Error(codes.Unavailable, "")
	})
	if status.Code(err) != codes.Unavailable {
		t.Errorf("the error is %v", err)
	}
	guarded{nil, panel, "localhost"}.holds(t, nothing)
}

// Law S8: a panic settles the permit and reaches the caller.
func TestPanic(t *testing.T) {
	panel := recloser.NewPanel()
	defer panel.Close()
	conn, err := grpc.NewClient("localhost", grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	calls := []func(){
		func() {
			_ = grpcguard.Unary(panel)(t.Context(), "/s/m", nil, nil, conn,
				func(context.Context, string, any, any, *grpc.ClientConn, ...grpc.CallOption) error { panic("invoker") })
		},
		func() {
			_, _ = grpcguard.Stream(panel)(t.Context(), new(grpc.StreamDesc), conn, "/s/m",
				func(context.Context, *grpc.StreamDesc, *grpc.ClientConn, string, ...grpc.CallOption) (grpc.ClientStream, error) {
					panic("invoker")
				})
		},
	}
	for i, call := range calls {
		func() {
			defer func() {
				if p := recover(); p != "invoker" {
					t.Errorf("the caller saw the panic %v", p)
				}
			}()
			call()
		}()
		if s := panel.Breakers()[0].Status(); s.Window != (recloser.Counts{Calls: i + 1, Failures: i + 1}) || s.InFlight != 0 {
			t.Errorf("the circuit is %+v", s)
		}
	}
}
