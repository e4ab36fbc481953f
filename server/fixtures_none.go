//go:build !fixtures

package main

import "net/http"

// withFixtures adds nothing: the pages of states are for builds with the tag fixtures.
func withFixtures(h http.Handler) http.Handler { return h }
