package wechat

import (
	"net/url"
	"regexp"
	"strings"
)

// Markdown that people and libraries write out of habit. WeChat would show the signs.
var (
	mdLink  = regexp.MustCompile(`!?\[([^\[\]\n]{1,200})\]\((https?://[^\s()<>"']{1,1000})\)`)
	mdHead  = regexp.MustCompile(`(?m)^#{1,6} +`)
	mdQuote = regexp.MustCompile(`(?m)^ {0,3}> ?`)
	mdItem  = regexp.MustCompile(`(?m)^( *)[*+-] +`)
	mdRule  = regexp.MustCompile(`(?m)^ {0,3}(?:-{3,}|\*{3,}|_{3,}) *$`)
	mdFence = regexp.MustCompile("(?m)^```[a-z]*\n?")
	mdBold  = regexp.MustCompile(`\*\*([^*\n]+)\*\*|__([^_\n]+)__`)
	mdCode  = regexp.MustCompile("`([^`\n]+)`")
)

// flat makes plain text for WeChat: no Markdown, no "<" but that of our own links, XML 1.0 characters only. Where links is set,
// [label](https://…) becomes a link that can be tapped; elsewhere its address stands behind the label.
func flat(s string, links bool) string {
	s = neutral(s)
	if !strings.ContainsAny(s, "[#>*+-_`") {
		return s
	}
	s = mdFence.ReplaceAllString(s, "")
	s = mdRule.ReplaceAllString(s, "")
	s = mdHead.ReplaceAllString(s, "")
	s = mdQuote.ReplaceAllString(s, "")
	s = mdItem.ReplaceAllString(s, "$1· ")
	s = mdBold.ReplaceAllString(s, "$1$2")
	s = mdCode.ReplaceAllString(s, "$1")
	return mdLink.ReplaceAllStringFunc(s, func(m string) string {
		part := mdLink.FindStringSubmatch(m)
		label, target := part[1], part[2]
		if u, err := url.Parse(target); links && err == nil && u.Scheme == "https" && u.Host != "" {
			return `<a href="` + target + `">` + label + `</a>`
		}
		if label == target {
			return target
		}
		return label + "（" + target + "）"
	})
}
