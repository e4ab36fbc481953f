package knowledge

import (
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

// unknownFields reports every key below node that type t has no field for. The YAML reader can do this only for a whole
// document, where it loses the lines of the entries. Anchors and aliases are refused: they make a file hard to review
// and can make a small file huge.
func unknownFields(node *yaml.Node, t reflect.Type, fault func(line int, format string, args ...any)) {
	if node.Kind == yaml.AliasNode || node.Anchor != "" {
		fault(node.Line, "anchors and aliases are not used in the library; write the value out")
		return
	}
	switch {
	case node.Kind == yaml.SequenceNode && t.Kind() == reflect.Slice:
		for _, item := range node.Content {
			unknownFields(item, t.Elem(), fault)
		}
	case node.Kind == yaml.MappingNode && t.Kind() == reflect.Map:
		for i := 1; i < len(node.Content); i += 2 {
			unknownFields(node.Content[i], t.Elem(), fault)
		}
	case node.Kind == yaml.MappingNode && t.Kind() == reflect.Struct:
		fields := fieldsOf(t)
		for i := 0; i+1 < len(node.Content); i += 2 {
			key := node.Content[i]
			field, ok := fields[key.Value]
			if !ok {
				fault(key.Line, "unknown field %q; the fields here are %s", key.Value, names(fields))
				continue
			}
			unknownFields(node.Content[i+1], field, fault)
		}
	}
}

// fieldsOf returns the types of the fields of a struct by their YAML names.
func fieldsOf(t reflect.Type) map[string]reflect.Type {
	fields := map[string]reflect.Type{}
	for i := range t.NumField() {
		field := t.Field(i)
		name, option, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if option == "inline" {
			for name, typ := range fieldsOf(field.Type) {
				fields[name] = typ
			}
			continue
		}
		fields[name] = field.Type
	}
	return fields
}

func names(fields map[string]reflect.Type) string {
	var list []string
	for name := range fields {
		list = append(list, name)
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}
