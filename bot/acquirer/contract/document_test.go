package contract_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"posdoctor/bot/acquirer/contract"
)

var update = flag.Bool("update", false, "write openapi.json from the Go types")

// The checked-in document is what the types, tags and comments of this package say.
func TestDocument(t *testing.T) {
	want := newDocument(t).bytes(t)
	if *update {
		if err := os.WriteFile("openapi.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := os.ReadFile("openapi.json"); !bytes.Equal(got, want) {
		t.Error("openapi.json is not what the types say: go test ./bot/acquirer/contract -run Document -update")
	}
	doc, err := openapi3.NewLoader().LoadFromData(want)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	// Words that are not in the contract, so that nobody adds such an operation unawares.
	forbidden := regexp.MustCompile(`(?i)unfreeze|rebind|raise|refundmoney|modify|delete`)
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if forbidden.MatchString(op.OperationID) || method != "GET" && path != "/v1/tickets" && path != "/v1/bindings" && path != "/v1/bindings/code" {
				t.Errorf("%s %s %s does more than read, open a ticket and prove who asks", method, path, op.OperationID)
			}
		}
	}
}

type object = map[string]any

// document collects the schemas of all types that are reached from the routes.
type document struct {
	schemas  object
	comments map[string]string // "Type" or "Type.Field"
}

func newDocument(t *testing.T) *document {
	t.Helper()
	d := &document{schemas: object{}, comments: map[string]string{}}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			g, ok := n.(*ast.GenDecl)
			if !ok || g.Tok != token.TYPE {
				return true
			}
			for _, s := range g.Specs {
				spec := s.(*ast.TypeSpec)
				d.comments[spec.Name.Name] = prose(g.Doc.Text())
				st, ok := spec.Type.(*ast.StructType)
				if !ok {
					continue
				}
				for _, f := range st.Fields.List {
					for _, name := range f.Names {
						d.comments[spec.Name.Name+"."+name.Name] = prose(f.Doc.Text() + " " + f.Comment.Text())
					}
				}
			}
			return true
		})
	}
	return d
}

// prose is a comment as one line, without its samples.
func prose(s string) string {
	var out []string
	for line := range strings.Lines(s) {
		if !strings.HasPrefix(line, "\t") {
			out = append(out, strings.TrimSpace(line))
		}
	}
	return strings.TrimSuffix(strings.TrimSpace(strings.Join(out, " ")), ":")
}

func (d *document) bytes(t *testing.T) []byte {
	t.Helper()
	paths := object{}
	for _, r := range contract.Routes {
		op := object{"operationId": string(r.Op), "summary": r.Summary, "parameters": d.parameters(r), "responses": d.responses(r)}
		if r.Asks != nil {
			op["requestBody"] = object{"required": true, "content": content(d.schema(reflect.TypeOf(r.Asks)))}
		}
		item, _ := paths[r.Path].(object)
		if item == nil {
			item = object{}
			paths[r.Path] = item
		}
		item[strings.ToLower(r.Method)] = op
	}
	event := object{"operationId": "event", "summary": "What the acquirer reports by itself, to POST " + contract.EventsPath + " of posdoctor",
		"parameters":  []any{param("Acquirer-Key-Id"), param("Acquirer-Algorithm"), param("Acquirer-Timestamp"), param("Acquirer-Nonce"), param("Acquirer-Digest"), param("Acquirer-Signature")},
		"requestBody": object{"required": true, "content": content(d.schema(reflect.TypeFor[contract.Event]()))},
		"responses":   object{"204": object{"description": "Taken, or known already; do not repeat"}, "default": object{"description": "Repeat later, unless it is 4xx"}}}
	all := object{
		"openapi": "3.1.0",
		"info": object{"title": "posdoctor: acquirer contract", "version": "1.0.0", "license": object{"name": "Apache-2.0", "identifier": "Apache-2.0"},
			"description": "What an acquirer implements so that posdoctor can read its records and open tickets. Requests and answers are signed as bot/acquirer/signing describes. " +
				"Times are milliseconds since 1970, amounts are fen."},
		"paths":    paths,
		"webhooks": object{"event": object{"post": event}},
		"components": object{"schemas": d.schemas, "parameters": headers(), "headers": answerHeaders(), "responses": object{
			"Error":   object{"description": "It failed", "headers": headerRefs(), "content": content(d.schema(reflect.TypeFor[contract.Error]()))},
			"Pending": object{"description": "A read takes longer: ask the same again", "headers": headerRefs(), "content": content(d.schema(reflect.TypeFor[contract.Pending]()))},
		}},
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(all); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func content(schema object) object { return object{"application/json": object{"schema": schema}} }

func param(name string) object { return object{"$ref": "#/components/parameters/" + name} }

// signed are the headers of a signature.
var signed = [][3]string{
	{"Acquirer-Key-Id", contract.RefPattern, "names the key"},
	{"Acquirer-Algorithm", "^(HMAC-SHA256|RSA-SHA256)$", "how it is signed"},
	{"Acquirer-Timestamp", "^[0-9]{10}$", "seconds since 1970, at most five minutes off"},
	{"Acquirer-Nonce", "^[A-Za-z0-9_-]{16,64}$", "random, never used again"},
	{"Acquirer-Digest", "^[A-Za-z0-9+/]{43}=$", "SHA-256 of the body, base64"},
	{"Acquirer-Signature", "^[A-Za-z0-9+/]+=*$", "base64"},
}

func headers() object {
	out := object{}
	for _, h := range signed {
		out[h[0]] = object{"name": h[0], "in": "header", "required": true, "description": h[2], "schema": object{"type": "string", "pattern": h[1]}}
	}
	return out
}

func answerHeaders() object {
	out := object{}
	for _, h := range signed {
		out[h[0]] = object{"required": true, "description": h[2], "schema": object{"type": "string", "pattern": h[1]}}
	}
	return out
}

func headerRefs() object {
	out := object{}
	for _, h := range signed {
		out[h[0]] = object{"$ref": "#/components/headers/" + h[0]}
	}
	return out
}

var inPath = regexp.MustCompile(`\{(\w+)\}`)

func (d *document) parameters(r contract.Route) []any {
	var out []any
	for _, m := range inPath.FindAllStringSubmatch(r.Path, -1) {
		out = append(out, object{"name": m[1], "in": "path", "required": true, "schema": formSchema("ref")})
	}
	for _, p := range r.Query {
		out = append(out, object{"name": p.Name, "in": "query", "required": p.Required, "description": p.About, "schema": formSchema(p.Is)})
	}
	for _, h := range signed {
		out = append(out, param(h[0]))
	}
	return out
}

func (d *document) responses(r contract.Route) object {
	envelope := d.object(reflect.TypeFor[contract.Answer[any]](), "Answer")
	properties := envelope["properties"].(object)
	properties["operation"] = object{"type": "string", "enum": []string{string(r.Op)}}
	properties["data"] = d.schema(reflect.TypeOf(r.Answers))
	delete(properties, "received_at") // ours alone
	if strings.Contains(r.Path, "{merchant}") || r.Op == contract.OpOpenTicket {
		envelope["required"] = append(envelope["required"].([]string), "merchant")
	}
	out := object{"200": object{"description": "The answer", "headers": headerRefs(), "content": content(envelope)},
		"default": object{"$ref": "#/components/responses/Error"}}
	if r.Method == "GET" {
		out["202"] = object{"$ref": "#/components/responses/Pending"}
	}
	return out
}

// schema is a reference for a named struct or word, and the schema itself for all else.
func (d *document) schema(typ reflect.Type) object {
	name := typ.Name()
	ref := object{"$ref": "#/components/schemas/" + name}
	word, isWord := reflect.Zero(typ).Interface().(contract.Word)
	switch {
	case isWord:
		known := word.Words()
		d.schemas[name] = object{"type": "string", "enum": known, "description": d.comments[name] + " What is none of these counts as " + known[len(known)-1] + "."}
		return ref
	case typ == reflect.TypeFor[contract.Operation]():
		var all []string
		for _, r := range contract.Routes {
			all = append(all, string(r.Op))
		}
		d.schemas[name] = object{"type": "string", "enum": all, "description": d.comments[name]}
		return ref
	case typ.Kind() == reflect.Pointer:
		return d.schema(typ.Elem())
	case typ.Kind() == reflect.Struct:
		if d.schemas[name] == nil {
			d.schemas[name] = object{} // for types that hold themselves
			d.schemas[name] = d.object(typ, name)
		}
		return ref
	case typ.Kind() == reflect.Bool:
		return object{"type": "boolean"}
	}
	return formSchema("line,500")
}

func (d *document) object(typ reflect.Type, name string) object {
	properties, required := object{}, []string{}
	for i := range typ.NumField() {
		f := typ.Field(i)
		key, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		var s object
		switch is := f.Tag.Get("is"); {
		case f.Type.Kind() == reflect.Slice:
			_, n, _ := strings.Cut(is, ",")
			most, _ := strconv.Atoi(n)
			s = object{"type": "array", "maxItems": most, "items": d.schema(f.Type.Elem())}
		case is != "":
			s = formSchema(is)
		case f.Type.Kind() == reflect.Interface:
			s = object{}
		default:
			s = d.schema(f.Type)
		}
		if about := d.comments[name+"."+f.Name]; about != "" {
			s["description"] = about
		}
		properties[key] = s
		if options != "omitempty" {
			required = append(required, key)
		}
	}
	out := object{"type": "object", "properties": properties, "required": required}
	if about := d.comments[name]; about != "" {
		out["description"] = about
	}
	return out
}

// formSchema is the schema of what a tag `is` says.
func formSchema(is string) object {
	name, size, _ := strings.Cut(is, ",")
	n, _ := strconv.Atoi(size)
	switch name {
	case "ref":
		return object{"type": "string", "pattern": contract.RefPattern}
	case "line":
		return object{"type": "string", "minLength": 1, "maxLength": n, "pattern": `^[^\n\r]*$`}
	case "text":
		return object{"type": "string", "minLength": 1, "maxLength": n}
	case "number":
		return object{"type": "string", "pattern": contract.NumberPattern}
	case "code":
		return object{"type": "string", "pattern": contract.CodePattern}
	case "masked":
		return object{"type": "string", "maxLength": contract.MaxMasked, "pattern": contract.MaskedPattern}
	case "date":
		return object{"type": "string", "format": "date", "pattern": contract.DatePattern}
	case "link":
		return object{"type": "string", "maxLength": contract.MaxLink, "pattern": "^https://"}
	case "ms":
		return object{"type": "integer", "format": "int64", "minimum": contract.MinMS, "maximum": contract.MaxMS}
	case "fen":
		return object{"type": "integer", "format": "int64", "minimum": 0, "maximum": contract.MaxAmount}
	case "count":
		return object{"type": "integer", "format": "int64", "minimum": 0}
	}
	panic(fmt.Sprintf("no schema for the form %q", is))
}
