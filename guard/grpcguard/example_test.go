package grpcguard_test

import (
	"context"
	"errors"
	"fmt"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	pb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/status"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/guard/grpcguard"
)

// A server that is out of its depth is left alone.
func ExampleDialOptions() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	server := grpc.NewServer()
	pb.RegisterTestServiceServer(server, answers(status.Error(codes.ResourceExhausted, "too many orders")))
	go func() { _ = server.Serve(listener) }()
	defer server.Stop()

	panel := recloser.NewPanel()
	defer panel.Close()
	insecurely := grpc.WithTransportCredentials(insecure.NewCredentials())
	conn, err := grpc.NewClient(listener.Addr().String(), append(grpcguard.DialOptions(panel), insecurely)...)
	if err != nil {
		panic(err)
	}
	defer conn.Close()
	client := pb.NewTestServiceClient(conn)

	for calls := 1; ; calls++ {
		_, err := client.UnaryCall(context.Background(), &pb.SimpleRequest{})
		if open, ok := errors.AsType[*recloser.OpenError](err); ok {
			fmt.Println("rejected:", open.Reason)
			fmt.Println("to gRPC it is:", status.Code(err))
			fmt.Println("a handful of calls were enough:", calls <= 15)
			return
		}
	}

	// Output:
	// rejected: open
	// to gRPC it is: Unavailable
	// a handful of calls were enough: true
}

// Each method fails on its own.
func ExampleMethod() {
	panel := recloser.NewPanel()
	defer panel.Close()
	options := grpcguard.DialOptions(panel, func(o *grpcguard.Options) { o.Circuit = grpcguard.Method })
	options = append(options, grpc.WithTransportCredentials(insecure.NewCredentials()))
	conn, err := grpc.NewClient("passthrough:///127.0.0.1:0", options...)
	if err != nil {
		panic(err)
	}
	defer conn.Close()
	client := pb.NewTestServiceClient(conn)
	_, err = client.UnaryCall(context.Background(), &pb.SimpleRequest{})
	fmt.Println(status.Code(err))
	fmt.Println(panel.Breakers()[0].Key())

	// Output:
	// Unavailable
	// 127.0.0.1:0/grpc.testing.TestService/UnaryCall
}
