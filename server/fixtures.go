//go:build fixtures

package main

import (
	"net/http"

	"posdoctor/channels/web/widgettest"
)

// withFixtures adds a page per state of the chat, for people who work on it.
func withFixtures(h http.Handler) http.Handler { return widgettest.Over(h) }
