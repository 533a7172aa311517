package grpcguard

import (
	"context"
	"strings"

	"github.com/recloser-dev/recloser/internal/circuitname"
)

// Target names the circuit of a call by the target of its connection, in lower
// case and without the scheme and the authority of its resolver. A byte that no
// circuit's name may have is written as an underscore and two hexadecimal digits.
//
//	dns:///Orders.example:443      orders.example:443
//	dns://8.8.8.8/orders.example   orders.example
//	127.0.0.1:50051                127.0.0.1:50051
//	unix:///run/orders.sock        run_2forders.sock
func Target(_ context.Context, target, _ string) (name, partition string) {
	if _, rest, ok := strings.Cut(target, "://"); ok {
		_, target, _ = strings.Cut(rest, "/")
	}
	return circuitname.Of(target), ""
}

// Method is [Target] with a partition for each method: its full name without the
// first slash, such as shop.Orders/Get.
func Method(ctx context.Context, target, method string) (name, partition string) {
	name, _ = Target(ctx, target, method)
	return name, strings.TrimPrefix(method, "/")
}
