package wechat

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"

	"posdoctor/bot"
)

// Limits of a menu, in bytes where nothing else is said (Custom_Menus/Creating_Custom-Defined_Menu.html).
const (
	maxMenuFile = 64 << 10
	topButtons  = 3
	subButtons  = 5
	topName     = 16
	subName     = 60
	maxKey      = 128
	maxURL      = 1024
)

// needs are the types of buttons, with the fields that each must have.
var needs = map[string][]string{
	"click": {"key"}, "scancode_push": {"key"}, "scancode_waitmsg": {"key"}, "pic_sysphoto": {"key"}, "pic_photo_or_album": {"key"}, "pic_weixin": {"key"},
	"location_select": {"key"}, "view": {"url"}, "miniprogram": {"url", "appid", "pagepath"}, "media_id": {"media_id"}, "view_limited": {"media_id"},
	"article_id": {"article_id"}, "article_view_limited": {"article_id"},
}

// ParseMenu reads a menu as YAML or JSON. The error has a line for every fault, as menu.yaml:3: …
func ParseMenu(file string, data []byte) (Menu, error) {
	p := menuParser{file: file}
	if len(data) > maxMenuFile {
		p.fault(1, "the file is larger than any menu")
		return Menu{}, p.err()
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if text := bytes.TrimSpace(data); len(text) > 0 && text[0] == '{' {
		data = bytes.ReplaceAll(data, []byte("\t"), []byte(" ")) // JSON may be indented by them, YAML may not
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return Menu{}, fmt.Errorf("%s: neither YAML nor JSON: %s", file, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if len(doc.Content) == 0 {
		p.fault(1, "the file is empty; it begins with button:")
		return Menu{}, p.err()
	}
	m := p.menu(doc.Content[0])
	return m, p.err()
}

type menuParser struct {
	file   string
	faults []error
}

func (p *menuParser) fault(line int, format string, a ...any) {
	p.faults = append(p.faults, fmt.Errorf("%s:%d: %s", p.file, line, fmt.Sprintf(format, a...)))
}

func (p *menuParser) err() error { return errors.Join(p.faults...) }

func (p *menuParser) menu(n *yaml.Node) (m Menu) {
	list := (*yaml.Node)(nil)
	for name, value := range p.fields(n, "a menu") {
		switch name {
		case "button":
			list = value
		case "matchrule":
			p.fault(value.Line, "menus for some followers only are not set from here; take out matchrule")
		default:
			p.fault(value.Line, "a menu has no field %q, only button", name)
		}
	}
	if list == nil {
		if len(p.faults) == 0 {
			p.fault(n.Line, "there is no button: in it")
		}
		return m
	}
	for _, b := range p.list(list, topButtons, "a menu has 1 to 3 buttons") {
		m.Buttons = append(m.Buttons, p.button(b, false))
	}
	return m
}

// fields are the fields of a mapping in their order, each once.
func (p *menuParser) fields(n *yaml.Node, what string) func(yield func(string, *yaml.Node) bool) {
	return func(yield func(string, *yaml.Node) bool) {
		if n.Kind != yaml.MappingNode {
			p.fault(n.Line, "%s has fields, as name: …", what)
			return
		}
		var seen []string
		for i := 0; i+1 < len(n.Content); i += 2 {
			name := n.Content[i].Value
			if slices.Contains(seen, name) {
				p.fault(n.Content[i].Line, "%s stands there twice", name)
				continue
			}
			if seen = append(seen, name); !yield(name, n.Content[i+1]) {
				return
			}
		}
	}
}

// list are the entries of a sequence of 1 to most.
func (p *menuParser) list(n *yaml.Node, most int, rule string) []*yaml.Node {
	if n.Kind != yaml.SequenceNode {
		p.fault(n.Line, "%s: a list, as - name: …", rule)
		return nil
	}
	if len(n.Content) < 1 || len(n.Content) > most {
		p.fault(n.Line, "%s; here are %d", rule, len(n.Content))
	}
	return n.Content
}

func (p *menuParser) button(n *yaml.Node, below bool) (b Button) {
	place := map[string]*string{"type": &b.Type, "name": &b.Name, "key": &b.Key, "url": &b.URL, "media_id": &b.MediaID, "article_id": &b.ArticleID,
		"appid": &b.AppID, "pagepath": &b.PagePath}
	lines := map[string]int{}
	before := len(p.faults)
	for name, value := range p.fields(n, "a button") {
		lines[name] = value.Line
		switch at := place[name]; {
		case name == "sub_button" && below && len(value.Content) > 0:
			p.fault(value.Line, "there is no third row of buttons")
		case name == "sub_button" && value.Kind == yaml.SequenceNode && len(value.Content) == 0:
			// as WeChat itself gives it for a button that has none
		case name == "sub_button":
			for _, s := range p.list(value, subButtons, "a button has 1 to 5 below it") {
				b.Sub = append(b.Sub, p.button(s, true))
			}
		case at == nil:
			p.fault(value.Line, "a button has no field %q", name)
		case value.Kind != yaml.ScalarNode:
			p.fault(value.Line, "%s must be a text", name)
		case value.Tag != "!!null":
			*at = value.Value
		}
	}
	line := func(name string) int {
		if l := lines[name]; l > 0 {
			return l
		}
		return n.Line
	}
	if n.Kind != yaml.MappingNode {
		return b
	}
	most, row := topName, "at the top"
	if below {
		most, row = subName, "below another"
	}
	switch {
	case strings.TrimSpace(b.Name) == "":
		p.fault(line("name"), "the button needs a name")
	case len(b.Name) > most:
		p.fault(line("name"), "the name %q has %d bytes; a button %s has up to %d, which are %d Chinese characters", b.Name, len(b.Name), row, most, most/3)
	case strings.ContainsFunc(b.Name, unicode.IsControl):
		p.fault(line("name"), "the name must be one line")
	}
	if lines["sub_button"] > 0 && (len(b.Sub) > 0 || len(p.faults) > before && b.Type == "") {
		if b.Type != "" {
			p.fault(line("type"), "a button with others below it does nothing itself: take out type, or sub_button")
		}
		return b
	}
	p.does(b, line)
	return b
}

// does checks what a button does.
func (p *menuParser) does(b Button, line func(string) int) {
	required, known := needs[b.Type]
	switch {
	case b.Type == "":
		p.fault(line("type"), "the button needs a type, or others in sub_button; most are click, with key, or view, with url")
		return
	case !known:
		p.fault(line("type"), "there is no type %q; click and view are the usual ones", b.Type)
		return
	}
	value := map[string]string{"key": b.Key, "url": b.URL, "media_id": b.MediaID, "article_id": b.ArticleID, "appid": b.AppID, "pagepath": b.PagePath}
	for _, name := range required {
		if value[name] == "" {
			p.fault(line(name), "a button of type %s needs %s", b.Type, name)
		}
	}
	if slices.Contains(required, "key") && b.Key != "" {
		switch {
		case len(b.Key) > maxKey:
			p.fault(line("key"), "the key has %d bytes; it may have up to %d", len(b.Key), maxKey)
		case b.Type == "click" && !bot.Readable(b.Key):
			p.fault(line("key"), "the key of a click is what the merchant says with a tap, and this says nothing")
		}
	}
	if slices.Contains(required, "url") && b.URL != "" {
		switch u, err := url.Parse(b.URL); {
		case len(b.URL) > maxURL:
			p.fault(line("url"), "the url has %d bytes; it may have up to %d", len(b.URL), maxURL)
		case err != nil || u.Scheme != "https" || u.Host == "":
			p.fault(line("url"), "the url must begin with https:// and a host")
		}
	}
}
