package knowledge

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Encode writes a value as YAML in the form of the library's files: fields in the order of their type, without those that
// are empty, texts of several lines as blocks, short lists on one line. What Encode wrote of entries, Load reads back
// equal.
//
//	articles:
//	  - id: code-51
//	    title: 应答码 51：余额不足
//	    wordings: [提示51, 余额不足]
func Encode(v any) ([]byte, error) {
	node, err := encode(reflect.ValueOf(v))
	if err != nil {
		return nil, fmt.Errorf("writing YAML: %w", err)
	}
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(node); err != nil {
		return nil, fmt.Errorf("writing YAML: %w", err)
	}
	return b.Bytes(), nil
}

// EncodeLibrary writes all entries of a library as one file. over is what the file will be laid over, or nil: then an
// article without codes says so (codes: []) when the one below it has some, else it would get them back, and an article
// that is gone says hide; see LoadOver.
func EncodeLibrary(lib Library, over *Library) ([]byte, error) {
	list := slices.Concat(lib.Articles, lib.Variants)
	for i := range list {
		a := &list[i]
		if len(a.Codes) == 0 {
			a.Codes = nil
			if over == nil {
				continue
			}
			if below, ok := over.Article(a.ID); ok && len(below.Codes) > 0 {
				a.Codes = []string{}
			}
		}
	}
	if over != nil {
		for _, below := range over.Articles {
			if !slices.ContainsFunc(list, func(a Article) bool { return a.key() == below.key() }) {
				list = append(list, Article{ID: below.ID, Brand: below.Brand, Acquirer: below.Acquirer, Hide: true})
			}
		}
	}
	return Encode(struct {
		Articles  []Article  `yaml:"articles"`
		Causes    []Cause    `yaml:"causes"`
		Checks    []Check    `yaml:"checks"`
		Incidents []Incident `yaml:"incidents,omitempty"`
	}{list, lib.Causes, lib.Checks, lib.Incidents})
}

// longLine is how many characters a list may have on one line.
const longLine = 100

func encode(v reflect.Value) (*yaml.Node, error) {
	switch v.Kind() {
	case reflect.Struct:
		if _, plain := v.Interface().(fmt.Stringer); plain { // a time
			break
		}
		node := &yaml.Node{Kind: yaml.MappingNode}
		return node, encodeFields(v, node)
	case reflect.Slice:
		node := &yaml.Node{Kind: yaml.SequenceNode}
		length, flow := 0, true
		for i := range v.Len() {
			item, err := encode(v.Index(i))
			if err != nil {
				return nil, err
			}
			length += utf8.RuneCountInString(item.Value) + 2
			flow = flow && item.Kind == yaml.ScalarNode && item.Style != yaml.LiteralStyle
			node.Content = append(node.Content, item)
		}
		if flow && length <= longLine {
			node.Style = yaml.FlowStyle
		}
		return node, nil
	case reflect.String:
		return encodeText(v.String()), nil
	}
	node := &yaml.Node{}
	return node, node.Encode(v.Interface())
}

// encodeFields adds the fields of a struct that say something. An empty list that was made on purpose says something.
func encodeFields(v reflect.Value, node *yaml.Node) error {
	for i := range v.NumField() {
		name, option, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		if option == "inline" {
			if err := encodeFields(v.Field(i), node); err != nil {
				return err
			}
			continue
		}
		if v.Field(i).IsZero() || name == "-" || !v.Type().Field(i).IsExported() {
			continue
		}
		value, err := encode(v.Field(i))
		if err != nil {
			return err
		}
		if value.Kind == yaml.MappingNode && v.Field(i).Kind() == reflect.Map {
			value.Style = yaml.FlowStyle
		}
		node.Content = append(node.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: name}, value)
	}
	return nil
}

// encodeText chooses a style that is read back as it was: blocks lose spaces at the ends of their lines, so a text that has
// any there is quoted.
func encodeText(s string) *yaml.Node {
	node := &yaml.Node{}
	node.SetString(s)
	node.Style = 0
	if strings.ContainsAny(s, "\n\t") || strings.TrimSpace(s) != s {
		node.Style = yaml.LiteralStyle
		for line := range strings.SplitSeq(s, "\n") {
			if line == "" || strings.TrimSpace(line) != line || strings.Contains(line, "\t") {
				node.Style = yaml.DoubleQuotedStyle
			}
		}
	}
	return node
}
