package grpcguard

import (
	"context"
	"strings"
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
	for i := range len(target) {
		if !inName(target[i]) {
			return escape(strings.ToLower(target)), ""
		}
	}
	return target, ""
}

// Method is [Target] with a partition for each method: its full name without the
// first slash, such as shop.Orders/Get.
func Method(ctx context.Context, target, method string) (name, partition string) {
	name, _ = Target(ctx, target, method)
	return name, strings.TrimPrefix(method, "/")
}

// escape writes the bytes that no circuit's name may have in hexadecimal.
func escape(target string) string {
	const digits = "0123456789abcdef"
	var name strings.Builder
	for i := range len(target) {
		if c := target[i]; inName(c) {
			name.WriteByte(c)
		} else {
			name.Write([]byte{'_', digits[c>>4], digits[c&15]})
		}
	}
	return name.String()
}

// inName reports whether c stands for itself in a name.
func inName(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '.' || c == '-' || c == ':' || c == '_'
}
