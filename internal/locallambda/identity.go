package locallambda

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"
)

// hexadecimal returns so many random bytes.
func hexadecimal(bytes int) string {
	b := make([]byte, bytes)
	rand.Read(b)
	return hex.EncodeToString(b)
}

// newID returns a random UUID.
func newID() string {
	b := make([]byte, 16)
	rand.Read(b)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// newTrace returns a trace header of a request that is not sampled.
func newTrace(at time.Time) string {
	return fmt.Sprintf("Root=1-%08x-%s;Parent=%s;Sampled=0", at.Unix(), hexadecimal(12), hexadecimal(8))
}
