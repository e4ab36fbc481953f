package acquirer

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"posdoctor/bot"
)

// Links are the hosts whose links merchants are shown, in lower case: help.example.com, or .example.com for all below it. An acquirer's
// answer is foreign input, and what stands in a chat under its name is believed: a link of any other host is dropped, and the way is told
// without it.
type Links []string

// maxLink is how long a link may be that a merchant is shown, in bytes.
const maxLink = 300

// hostName is a host as it stands in Links: letters, digits and hyphens, so that none only looks like another, and a last part of letters,
// so that it is no address.
var hostName = regexp.MustCompile(`^\.?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$`)

// ReadLinks reads hosts separated by commas or blanks.
func ReadLinks(s string) (Links, error) {
	var out Links
	for _, h := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' }) {
		switch h = strings.ToLower(h); {
		case !hostName.MatchString(h):
			return nil, fmt.Errorf("%q is no host like help.example.com, or .example.com for all below it", h)
		case strings.HasPrefix(h, ".") && strings.Count(h, ".") < 2, len(h) > 200:
			return nil, fmt.Errorf("%q is too much or too long: name the acquirer's own hosts", h)
		case punycode(h):
			return nil, fmt.Errorf("%q is a name in other letters: it may look like another host", h)
		}
		if !slices.Contains(out, h) {
			out = append(out, h)
		}
	}
	return out, nil
}

// Show returns a link as merchants may see it, or "". It takes https without a port, a user or anything that is not plain ASCII, of a host
// on the list, without personal data in it.
func (l Links) Show(link string) string {
	if len(link) == 0 || len(link) > maxLink || strings.ContainsFunc(link, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("\\<>\"'`{}|^", r) }) {
		return ""
	}
	u, err := url.Parse(link)
	if err != nil || u.Scheme != "https" || u.User != nil || u.Opaque != "" || u.Port() != "" || strings.ContainsAny(u.Host, ":@%") || !l.has(u.Host) {
		return ""
	}
	if masked, _ := bot.Mask(link); masked != link {
		return ""
	}
	u.Host = strings.ToLower(u.Host)
	if s := u.String(); strings.HasPrefix(s, "https://"+u.Host) && len(s) <= maxLink {
		return s
	}
	return ""
}

func (l Links) has(host string) bool {
	host = strings.ToLower(host)
	if strings.HasPrefix(host, ".") || !hostName.MatchString(host) || punycode(host) {
		return false
	}
	return slices.ContainsFunc(l, func(h string) bool { return host == h || strings.HasPrefix(h, ".") && strings.HasSuffix(host, h) })
}

func punycode(host string) bool {
	return slices.ContainsFunc(strings.Split(host, "."), func(part string) bool { return strings.HasPrefix(part, "xn--") })
}

// keep leaves only those links in a record that merchants may be shown.
func (l Links) keep(r bot.Record) bot.Record {
	for i := range r.Restrictions {
		r.Restrictions[i].Link = l.Show(r.Restrictions[i].Link)
	}
	if o := r.Onboarding; o != nil {
		o.Link = l.Show(o.Link)
	}
	return r
}
