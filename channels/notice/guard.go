package notice

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"syscall"
	"time"
)

// Limits of one request.
const (
	dialFor   = 3 * time.Second
	requestIn = 8 * time.Second
	answerMax = 16 << 10 // bytes that are read of an answer
)

// errInside refuses an address inside of the network.
var errInside = errors.New("the address lies inside of the network")

// inside are the networks beside the private ones that no webhook may lead to: shared, reserved, and those that wrap an IPv4 address.
var inside = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("::/96"), netip.MustParsePrefix("100::/64"), netip.MustParsePrefix("fec0::/10"),
	netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("2001::/32"), netip.MustParsePrefix("2002::/16"),
}

// outside says, by no error, that an address lies in the public network.
func outside(a netip.Addr) error {
	a = a.Unmap().WithZone("")
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || slices.ContainsFunc(inside, func(p netip.Prefix) bool { return p.Contains(a) }) {
		return errInside
	}
	return nil
}

// client returns an HTTP client that follows no redirect and asks no proxy. A guarded one dials public addresses only, whatever a
// name resolves to at that moment.
func client(guarded bool) *http.Client {
	dialer := &net.Dialer{Timeout: dialFor}
	if guarded {
		dialer.ControlContext = func(_ context.Context, _, address string, _ syscall.RawConn) error {
			at, err := netip.ParseAddrPort(address)
			if err != nil {
				return errInside
			}
			return outside(at.Addr())
		}
	}
	return &http.Client{Timeout: requestIn, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true, TLSHandshakeTimeout: dialFor, ResponseHeaderTimeout: requestIn,
			MaxResponseHeaderBytes: 16 << 10}}
}

// bare is an error of a request without the address, which may hold a key.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
