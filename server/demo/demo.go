// Package demo runs the make-believe WeChat beside a server: its API and the phone page, on one loopback address.
//
//	GET  /            the phones, see wechattest.Page
//	*    /cgi-bin/…   the API that the server calls, see wechattest.API
//
// # Why
//
// Everything that a person sees there comes from package wechattest, which the tests use too, so that what is shown is what is tested.
// It is the only package outside the tests that may import it, and only the command demo imports this one: a server that serves
// merchants has nothing of it in its way.
package demo

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"posdoctor/channels/wechat/wechattest"
)

// WeChat is the make-believe one. It is made by Start.
type WeChat struct {
	api      *wechattest.API
	account  wechattest.Peer   // the Official Account's callback
	kf       wechattest.KFPeer // that of Customer Service
	listener net.Listener
	srv      *http.Server
	page     atomic.Pointer[wechattest.Page]
}

// Start serves the API on a loopback address, with credentials that nobody else has and that end with it. The page comes with Connect.
func Start(addr string) (*WeChat, error) {
	host, _, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("%q is no address of this machine alone, like 127.0.0.1:8090", addr)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	w := &WeChat{listener: l, api: &wechattest.API{AppID: "wx" + secret(8), AppSecret: secret(16), CorpID: "ww" + secret(8), CorpSecret: secret(20)}}
	client := &http.Client{Transport: &http.Transport{}} // to the server itself, by no proxy
	w.account = wechattest.Peer{Token: secret(16), AppID: w.api.AppID, AESKey: aesKey(), Client: client}
	w.kf = wechattest.KFPeer{Token: secret(16), CorpID: w.api.CorpID, AESKey: aesKey(), Client: client}
	ctx, cancel := context.WithCancel(context.Background())
	w.srv = &http.Server{Handler: w, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 40 * time.Second, IdleTimeout: time.Minute,
		BaseContext: func(net.Listener) context.Context { return ctx }}
	w.srv.RegisterOnShutdown(cancel) // the pages that listen
	go func() { _ = w.srv.Serve(l) }()
	return w, nil
}

// URL is where the API and the page are.
func (w *WeChat) URL() string { return "http://" + w.listener.Addr().String() }

// Account are the options of a server for the Official Account, in safe mode.
func (w *WeChat) Account() map[string]string {
	return map[string]string{"wechat-app-id": w.api.AppID, "wechat-app-secret": w.api.AppSecret, "wechat-token": w.account.Token,
		"wechat-aes-key": w.account.AESKey, "wechat-aes-key-previous": "", "wechat-mode": "safe", "wechat-api-url": w.URL()}
}

// CustomerService are the options of a server for WeChat Customer Service.
func (w *WeChat) CustomerService() map[string]string {
	return map[string]string{"wechat-kf-corp-id": w.api.CorpID, "wechat-kf-secret": w.api.CorpSecret, "wechat-kf-token": w.kf.Token,
		"wechat-kf-aes-key": w.kf.AESKey, "wechat-kf-aes-key-previous": "", "wechat-kf-api-url": w.URL()}
}

// Connect points the phones at a server that has these options, and opens the page.
func (w *WeChat) Connect(server string) {
	server = strings.NewReplacer("//0.0.0.0:", "//127.0.0.1:", "//[::]:", "//127.0.0.1:").Replace(strings.TrimSuffix(server, "/"))
	w.account.URL, w.kf.URL = server+"/wechat/callback", server+"/wechat/kf/callback"
	w.page.Store(&wechattest.Page{API: w.api, Phone: wechattest.NewPhone(&w.account, w.api, "o"+secret(13)+"x"),
		KF: wechattest.NewKFPhone(&w.kf, w.api, "", "wm"+secret(15))})
}

func (w *WeChat) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/cgi-bin/") {
		w.api.ServeHTTP(rw, r)
		return
	}
	if p := w.page.Load(); p != nil {
		p.ServeHTTP(rw, r)
		return
	}
	http.Error(rw, "starting", http.StatusServiceUnavailable)
}

// Close ends it, pages that listen first.
func (w *WeChat) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if w.srv.Shutdown(ctx) != nil {
		_ = w.srv.Close()
	}
	w.account.Client.CloseIdleConnections()
}

// secret is hex of n random bytes.
func secret(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// aesKey is an EncodingAESKey: 43 letters and digits, which with a "=" behind them are base64 of 32 bytes.
func aesKey() string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	b := make([]byte, 43)
	_, _ = rand.Read(b)
	for i := range b {
		b[i] = letters[int(b[i])%len(letters)]
	}
	b[42] = "AEIMQUYcgkosw048"[int(b[42])%16] // the last one has two bits that count for nothing
	return string(b)
}
