package grpcguard

import (
	"io"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/recloser-dev/recloser"
)

// stream is a stream that was allowed. Its permit is settled once, by whatever of
// it comes first: a header, a message, the end, or the timer.
type stream struct {
	grpc.ClientStream
	call   *call
	single bool // whether the server sends one message
}

// Header implements [grpc.ClientStream].
func (s *stream) Header() (metadata.MD, error) {
	s.call.waited.Add(1)
	md, err := s.ClientStream.Header()
	s.call.waited.Add(-1)
	switch {
	case err != nil:
		err = s.call.end(err)
	case md != nil: // Else the stream has ended, and RecvMsg knows how.
		s.call.settle(recloser.OutcomeSuccess, 0)
	}
	return md, err
}

// RecvMsg implements [grpc.ClientStream].
func (s *stream) RecvMsg(m any) error {
	if s.call.judged.Load() {
		err := s.ClientStream.RecvMsg(m)
		switch {
		case err != nil && err != io.EOF: //nolint:errorlint // A stream returns io.EOF itself.
			err = s.call.end(err)
		case err != nil || s.single:
			s.call.release()
		}
		return err
	}
	s.call.waited.Add(1)
	err := s.ClientStream.RecvMsg(m)
	s.call.waited.Add(-1)
	if err != nil && err != io.EOF { //nolint:errorlint // As above.
		return s.call.end(err)
	}
	if !s.call.settle(recloser.OutcomeSuccess, 0) && s.call.late.Load() {
		return timeout()
	}
	if err != nil || s.single {
		s.call.release()
	}
	return err
}

// SendMsg implements [grpc.ClientStream].
func (s *stream) SendMsg(m any) error {
	err := s.ClientStream.SendMsg(m)
	if err != nil && err != io.EOF { //nolint:errorlint // As above; RecvMsg knows why then.
		s.call.settle(recloser.OutcomeIgnored, 0)
		s.call.release()
		if s.call.late.Load() {
			return timeout()
		}
	}
	return err
}

// CloseSend implements [grpc.ClientStream].
func (s *stream) CloseSend() error {
	s.call.owed.Store(true)
	return s.ClientStream.CloseSend()
}
