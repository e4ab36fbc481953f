package web

import (
	"errors"
	"testing"
	"time"
)

// A crowd of guesses keeps nobody waiting for long, and nobody out who comes from where he got in before.
func TestHashingIsShared(t *testing.T) {
	a := newAgents(Deps{Now: time.Now})
	for range cap(a.hashing) {
		a.hashing <- struct{}{}
	}
	hash, err := HashPassword("correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if _, err := a.matches(t.Context(), false, "correct horse battery", hash); !errors.Is(err, errBusy) {
		t.Errorf("in the crowd: %v", err)
	}
	if took := time.Since(start); took < time.Second || took > 4*time.Second {
		t.Errorf("turned away after %v", took)
	}
	if ok, err := a.matches(t.Context(), true, "correct horse battery", hash); !ok || err != nil {
		t.Errorf("one who is known: %v, %v", ok, err)
	}
	<-a.hashing
	if ok, err := a.matches(t.Context(), false, "correct horse battery", hash); !ok || err != nil {
		t.Errorf("when a place is free: %v, %v", ok, err)
	}
}
