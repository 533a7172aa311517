package grpcguard_test

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	pb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/guard/grpcguard"
)

var errInternal = status.Error(codes.Internal, "it is said why")

// A stream is judged by its first message, or its end.
func TestDownload(t *testing.T) {
	message := &pb.StreamingOutputCallResponse{}
	for name, row := range map[string]struct {
		download func(pb.TestService_StreamingOutputCallServer) error
		messages int
		want     recloser.Counts
		err      error
	}{
		"messages": {func(s pb.TestService_StreamingOutputCallServer) error {
			return errors.Join(s.Send(message), s.Send(message))
		}, 2, success, io.EOF},
		"none":    {func(pb.TestService_StreamingOutputCallServer) error { return nil }, 0, success, io.EOF},
		"failing": {func(pb.TestService_StreamingOutputCallServer) error { return errInternal }, 0, failure, errInternal},
		"failing later": {func(s pb.TestService_StreamingOutputCallServer) error {
			_ = s.Send(message)
			return errInternal
		}, 1, success, errInternal},
	} {
		for _, policy := range []recloser.Policy{recloser.DefaultPolicy(), shadow(recloser.DefaultPolicy())} {
			t.Run(name, func(t *testing.T) {
				g := guard(t, policy, &service{download: row.download})
				stream, err := g.StreamingOutputCall(t.Context(), &pb.StreamingOutputCallRequest{})
				if err != nil {
					t.Fatal(err)
				}
				n := 0
				for ; err == nil; n++ {
					if _, err = stream.Recv(); n == 0 {
						g.holds(t, row.want)
					}
				}
				if n-1 != row.messages || status.Code(err) != status.Code(row.err) {
					t.Errorf("there were %d messages, and the error is %v", n-1, err)
				}
				g.holds(t, row.want)
			})
		}
	}
}

// The header is an answer too, and after an answer a stream lives on.
func TestHeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := guardPipe(t, recloser.DefaultPolicy(), &service{download: func(s pb.TestService_StreamingOutputCallServer) error {
			_ = s.SendHeader(metadata.Pairs("k", "v"))
			time.Sleep(5 * time.Second) // Longer than a call may take.
			return s.Send(&pb.StreamingOutputCallResponse{})
		}})
		stream, err := g.StreamingOutputCall(t.Context(), &pb.StreamingOutputCallRequest{})
		if err != nil {
			t.Fatal(err)
		}
		if md, err := stream.Header(); err != nil || md.Get("k")[0] != "v" {
			t.Fatalf("the header is %v, %v", md, err)
		}
		g.holds(t, success)
		if _, err := stream.Recv(); err != nil {
			t.Error(err)
		}
		if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
			t.Errorf("the end is %v", err)
		}
		g.holds(t, success)
	})
}

func TestHeaderOfFailure(t *testing.T) {
	g := guard(t, recloser.DefaultPolicy(), answers(errInternal))
	stream, err := g.StreamingOutputCall(t.Context(), &pb.StreamingOutputCallRequest{})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = stream.Header()
	if _, err := stream.Recv(); status.Code(err) != codes.Internal {
		t.Errorf("the error is %v", err)
	}
	g.holds(t, failure)
}

// A server that owes an answer, and for whom somebody waits, is cut off. In shadow
// mode it is not, and counts the same (law B7).
func TestSilentServer(t *testing.T) {
	waits := map[string]func(context.Context, guarded) error{
		"download": func(ctx context.Context, g guarded) error {
			stream, err := g.StreamingOutputCall(ctx, &pb.StreamingOutputCallRequest{})
			if err != nil {
				return err
			}
			_, err = stream.Recv()
			return err
		},
		"header": func(ctx context.Context, g guarded) error {
			stream, err := g.StreamingOutputCall(ctx, &pb.StreamingOutputCallRequest{})
			if err != nil {
				return err
			}
			_, err = stream.Header()
			if err == nil {
				_, err = stream.Recv()
			}
			return err
		},
		"upload": func(ctx context.Context, g guarded) error {
			stream, err := g.StreamingInputCall(ctx)
			if err != nil {
				return err
			}
			_, err = stream.CloseAndRecv()
			return err
		},
		"duplex": func(ctx context.Context, g guarded) error {
			stream, err := g.FullDuplexCall(ctx)
			if err != nil {
				return err
			}
			_ = stream.CloseSend()
			_, err = stream.Recv()
			return err
		},
	}
	for name, wait := range waits {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g, began := guardPipe(t, recloser.DefaultPolicy(), hangs()), time.Now()
				if err := wait(t.Context(), g); !errors.Is(err, recloser.ErrCallTimeout) || status.Code(err) != codes.DeadlineExceeded {
					t.Errorf("the error is %v", err)
				}
				if took := time.Since(began); took != 3*time.Second {
					t.Errorf("it took %v", took)
				}
				g.holds(t, late)

				g = guardPipe(t, shadow(recloser.DefaultPolicy()), hangs())
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				if err := wait(ctx, g); errors.Is(err, recloser.ErrCallTimeout) || status.Code(err) != codes.DeadlineExceeded {
					t.Errorf("in shadow mode the error is %v", err)
				}
				g.holds(t, late)
			})
		})
	}
}

// Nobody waits, or nothing is owed: the stream goes on, and its permit is returned.
func TestPatientClients(t *testing.T) {
	for _, policy := range []recloser.Policy{recloser.DefaultPolicy(), shadow(recloser.DefaultPolicy())} {
		synctest.Test(t, func(t *testing.T) { patientClients(t, policy) })
	}
}

func patientClients(t *testing.T, policy recloser.Policy) {
	t.Helper()
	sent := make(chan struct{})
	g := guardPipe(t, policy, &service{
		download: func(s pb.TestService_StreamingOutputCallServer) error {
			<-sent
			return s.Send(&pb.StreamingOutputCallResponse{})
		},
		upload: func(s pb.TestService_StreamingInputCallServer) error {
			_, err := s.Recv()
			return errors.Join(err, s.SendAndClose(&pb.StreamingInputCallResponse{}))
		},
		duplex: func(s pb.TestService_FullDuplexCallServer) error {
			_, err := s.Recv()
			return errors.Join(err, s.Send(&pb.StreamingOutputCallResponse{}))
		},
	})
	download, err := g.StreamingOutputCall(t.Context(), &pb.StreamingOutputCallRequest{})
	if err != nil {
		t.Fatal(err)
	}
	upload, err := g.StreamingInputCall(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	duplex, err := g.FullDuplexCall(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	received := make(chan error, 1)
	go func() { _, err := duplex.Recv(); received <- err }()
	time.Sleep(5 * time.Second)
	g.holds(t, nothing)

	close(sent)
	if _, err := download.Recv(); err != nil {
		t.Error(err)
	}
	if err := upload.Send(&pb.StreamingInputCallRequest{}); err != nil {
		t.Error(err)
	}
	if _, err := upload.CloseAndRecv(); err != nil {
		t.Error(err)
	}
	if err := errors.Join(duplex.Send(&pb.StreamingOutputCallRequest{}), <-received); err != nil {
		t.Error(err)
	}
	_ = duplex.CloseSend()
	_, _ = duplex.Recv()
	_, _ = download.Recv()
	g.holds(t, nothing)
}

// The context of a stream, which the guard makes, ends with it.
func TestStreamEndsItsContext(t *testing.T) {
	message := &pb.StreamingOutputCallResponse{}
	for name, download := range map[string]func(pb.TestService_StreamingOutputCallServer) error{
		"messages": func(s pb.TestService_StreamingOutputCallServer) error {
			return errors.Join(s.Send(message), s.Send(message))
		},
		"none":    func(pb.TestService_StreamingOutputCallServer) error { return nil },
		"failing": func(pb.TestService_StreamingOutputCallServer) error { return errInternal },
		"failing later": func(s pb.TestService_StreamingOutputCallServer) error {
			return errors.Join(s.Send(message), errInternal)
		},
	} {
		t.Run(name, func(t *testing.T) {
			var inner context.Context
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			serve(t, listener, &service{download: download, upload: func(s pb.TestService_StreamingInputCallServer) error {
				return s.SendAndClose(&pb.StreamingInputCallResponse{})
			}})
			g := dial(t, recloser.DefaultPolicy(), listener.Addr().String(), func(panel *recloser.Panel, _ ...func(*grpcguard.Options)) []grpc.DialOption {
				return append(grpcguard.DialOptions(panel), grpc.WithChainStreamInterceptor(func(
					ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption,
				) (grpc.ClientStream, error) {
					inner = ctx //nolint:fatcontext // It is looked at when the call is over.
					return open(ctx, desc, conn, method, opts...)
				}))
			})
			stream, err := g.StreamingOutputCall(t.Context(), &pb.StreamingOutputCallRequest{})
			for err == nil {
				_, err = stream.Recv()
			}
			if inner.Err() == nil {
				t.Error("the context lives on")
			}
			upload, err := g.StreamingInputCall(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := upload.CloseAndRecv(); err != nil || inner.Err() == nil {
				t.Errorf("the error is %v, and the context of the upload's %v", err, inner.Err())
			}
		})
	}
}

func TestUpload(t *testing.T) {
	for want, end := range map[recloser.Counts]func(pb.TestService_StreamingInputCallServer) error{
		success: func(s pb.TestService_StreamingInputCallServer) error {
			for {
				if _, err := s.Recv(); err != nil {
					return s.SendAndClose(&pb.StreamingInputCallResponse{})
				}
			}
		},
		failure: func(pb.TestService_StreamingInputCallServer) error { return errInternal },
	} {
		g := guard(t, recloser.DefaultPolicy(), &service{upload: end})
		stream, err := g.StreamingInputCall(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			_ = stream.Send(&pb.StreamingInputCallRequest{})
		}
		if _, err := stream.CloseAndRecv(); (err == nil) != (want == success) {
			t.Errorf("the error is %v", err)
		}
		g.holds(t, want)
	}
}

// What the client cannot send ends the stream, and says nothing of the server.
func TestUnsendableMessage(t *testing.T) {
	g := guard(t, recloser.DefaultPolicy(), hangs())
	stream, err := g.FullDuplexCall(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&pb.StreamingOutputCallRequest{ResponseStatus: &pb.EchoStatus{Message: "\xff"}}); err == nil {
		t.Error("it was sent")
	}
	g.holds(t, nothing)
}

func TestCanceledStream(t *testing.T) {
	g := guard(t, recloser.DefaultPolicy(), hangs())
	ctx, cancel := context.WithCancel(t.Context())
	stream, err := g.StreamingOutputCall(ctx, &pb.StreamingOutputCallRequest{})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := stream.Recv(); status.Code(err) != codes.Canceled {
		t.Errorf("the error is %v", err)
	}
	g.holds(t, nothing)
}
