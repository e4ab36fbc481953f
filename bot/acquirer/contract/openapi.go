package contract

import _ "embed"

//go:embed openapi.json
var document []byte

// Document is the OpenAPI 3.1 description of the contract. TestDocument writes it from the types with -update.
func Document() []byte { return document }
