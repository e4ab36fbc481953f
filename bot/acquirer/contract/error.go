package contract

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Code says what went wrong.
type Code string

// Codes of an Error.
const (
	CodeNotFound     Code = "NOT_FOUND"
	CodeNotYours     Code = "NOT_YOURS" // told to a merchant in the same words as NOT_FOUND
	CodeAuth         Code = "AUTH"
	CodeRateLimited  Code = "RATE_LIMITED"
	CodeTimeout      Code = "TIMEOUT" // of a ticket: the outcome is unknown
	CodeInvalid      Code = "INVALID"
	CodeBadSignature Code = "BAD_SIGNATURE"
	CodeUnsupported  Code = "UNSUPPORTED"
	CodeUnavailable  Code = "UNAVAILABLE"
)

// Words of a code. One that is not known says no more than that it did not work.
func (Code) Words() []string {
	return []string{"NOT_FOUND", "NOT_YOURS", "AUTH", "RATE_LIMITED", "TIMEOUT", "INVALID", "BAD_SIGNATURE", "UNSUPPORTED", "UNAVAILABLE"}
}

// Error is a request that failed, as it travels and as Go error. UpstreamMsg is redacted: no merchant, card, name or key.
type Error struct {
	Code         Code   `json:"code"`
	Retryable    bool   `json:"retryable"` // reads only; a ticket is repeated under its request number or not at all
	UpstreamHTTP int    `json:"upstream_http,omitempty" is:"count"`
	UpstreamCode string `json:"upstream_code,omitempty" is:"line,64"`
	UpstreamMsg  string `json:"upstream_msg,omitempty" is:"line,200"`
	TraceID      string `json:"trace_id,omitempty" is:"line,128"`
	RetryAfter   int64  `json:"retry_after,omitempty" is:"count"` // milliseconds
}

// Error is one line for logs.
func (e *Error) Error() string {
	s := "acquirer: " + string(e.Code)
	if e.UpstreamHTTP != 0 {
		s += fmt.Sprintf(", status %d", e.UpstreamHTTP)
	}
	if e.UpstreamCode != "" {
		s += fmt.Sprintf(", code %q", e.UpstreamCode)
	}
	if e.UpstreamMsg != "" {
		s += ": " + e.UpstreamMsg
	}
	return s
}

// Wait is how long to wait before repeating, at least.
func (e *Error) Wait() time.Duration { return time.Duration(e.RetryAfter) * time.Millisecond }

// Fail returns an Error with a code; it is retryable when its code says so by itself.
func Fail(code Code, msg string) *Error {
	return &Error{Code: code, UpstreamMsg: msg, Retryable: code == CodeUnavailable || code == CodeTimeout || code == CodeRateLimited}
}

// CodeOf is the code of an error, UNAVAILABLE for one that has none, "" for nil.
func CodeOf(err error) Code {
	var e *Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Code
	}
	return CodeUnavailable
}

// Status is the HTTP status with which an error travels.
func (e *Error) Status() int {
	switch e.Code {
	case CodeNotFound:
		return http.StatusNotFound
	case CodeNotYours:
		return http.StatusForbidden
	case CodeAuth, CodeBadSignature:
		return http.StatusUnauthorized
	case CodeRateLimited:
		return http.StatusTooManyRequests
	case CodeTimeout:
		return http.StatusGatewayTimeout
	case CodeInvalid:
		return http.StatusBadRequest
	case CodeUnsupported:
		return http.StatusNotImplemented
	}
	return http.StatusServiceUnavailable
}
