package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"runtime/debug"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
)

// policy is the Content-Security-Policy of every page, the console's and the visitors': own files only, nothing inline, in nobody's
// frame. There is no 'unsafe-' word in it: texts reach a page as text nodes only, styles as files.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

func headers(secure bool) gin.HandlerFunc {
	return func(c *gin.Context) {
		h := c.Writer.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		if secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
	}
}

// logged writes one line a request: the route and not the address, because an address may hold what is nobody's business.
func logged(log *slog.Logger) gin.HandlerFunc {
	return func(c *gin.Context) {
		start := time.Now()
		c.Next()
		route := c.FullPath()
		if route == "" {
			route = "none"
		}
		log.Debug("request", "method", c.Request.Method, "route", route, "status", c.Writer.Status(), "ms", time.Since(start).Milliseconds())
	}
}

// recovered answers a panic with 500 and keeps the server up. The log says where it was and not what its value is, which may hold a
// merchant's words.
func recovered(log *slog.Logger) gin.HandlerFunc {
	return func(c *gin.Context) {
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler {
					panic(p)
				}
				log.Error("panic in a handler", "route", c.FullPath(), "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
				if !c.Writer.Written() {
					fail(c, http.StatusInternalServerError, "internal", "系统出错了，请稍后再试。")
				}
				c.Abort()
			}
		}()
		c.Next()
	}
}

// limited caps the body of a request.
func limited(bytes int64) gin.HandlerFunc {
	return func(c *gin.Context) { c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, bytes) }
}

// bind reads a JSON body into v, or answers why it cannot. Bytes that are no UTF-8 and a body that says it is something else than
// JSON, as a form of a foreign page would, are refused.
func bind(c *gin.Context, v any) bool {
	if kind := c.GetHeader("Content-Type"); kind != "" {
		if kind, _, err := mime.ParseMediaType(kind); err != nil || kind != "application/json" {
			fail(c, http.StatusUnsupportedMediaType, "bad_type", "请求要用 JSON。")
			return false
		}
	}
	data, err := io.ReadAll(c.Request.Body)
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &big):
		fail(c, http.StatusRequestEntityTooLarge, "too_long", "这条太长了，最多 2000 个字。")
	case err != nil:
		fail(c, http.StatusBadRequest, "bad_request", "请求没有收全，请再试一次。")
	case !utf8.Valid(data):
		fail(c, http.StatusBadRequest, "not_utf8", "这条里有无法识别的字符。")
	case json.Unmarshal(data, v) != nil:
		fail(c, http.StatusBadRequest, "bad_request", "请求的格式不对，请刷新页面后再试。")
	default:
		return true
	}
	return false
}

func noStore(c *gin.Context) { c.Header("Cache-Control", "no-store") }

// fail answers with a code for programs and a sentence for people, and ends the chain.
func fail(c *gin.Context, status int, code, message string) {
	c.AbortWithStatusJSON(status, gin.H{"error": gin.H{"code": code, "message": message}})
}
