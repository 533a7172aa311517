package dev

import (
	"context"
	"time"

	"github.com/recloser-dev/recloser"
)

// Change is change, for a test that lets a transition come between.
func (s *Server) Change(ctx context.Context, key string, write func(recloser.Record) recloser.Write) error {
	_, err := s.operator.Change(ctx, key, write)
	return err
}

// Board is a board, for a test of its pace.
type Board struct{ *board }

// NewBoard returns a board of a store.
func NewBoard(store recloser.Store, names []string) Board { return Board{newBoard(store, names)} }

// Run keeps the board until ctx ends.
func (b Board) Run(ctx context.Context) {
	b.run(ctx, func(string, recloser.Record, time.Time) {})
}

// Noted is the store as environments use it.
func (b Board) Noted() recloser.Store { return noted{b.board} }
