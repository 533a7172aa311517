package dev

import (
	"context"

	"github.com/recloser-dev/recloser"
)

// Change is change, for a test that lets a transition come between.
func (s *Server) Change(ctx context.Context, key string, write func(recloser.Record) recloser.Write) error {
	_, err := s.operator.Change(ctx, key, write)
	return err
}
