package web

import (
	_ "embed"
	"net/http"

	"github.com/gin-gonic/gin"
)

//go:embed openapi.json
var document []byte

// Document is the OpenAPI 3.1 description of the API.
func Document() []byte { return document }

func openapi(c *gin.Context) { c.Data(http.StatusOK, "application/json; charset=utf-8", document) }
