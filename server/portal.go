package main

import (
	"crypto/rand"
	"encoding/base64"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"posdoctor/bot/acquirer/simulator"
	visitors "posdoctor/channels/web"
	"posdoctor/server/web"
)

// openPortal makes the sites of the demonstration pages, and the merchant portal that signs for the demo merchants. Its key is made anew
// at each start and stands in no database: beside another acquirer than the simulator there is nobody to sign for.
func (a *app) openPortal() *web.Portal {
	if a.sim == nil {
		return nil
	}
	secret := make([]byte, 32)
	rand.Read(secret)
	key := visitors.Key{KID: "demo", Alg: visitors.AlgHS256, Secret: base64.StdEncoding.EncodeToString(secret)}
	portal, sandbox := demoSite, demoSite
	portal.ID, portal.Name, portal.Keys = "demo-portal", "演示商户平台", []visitors.Key{key}
	sandbox.ID, sandbox.Name, sandbox.Opaque = "demo-sandbox", "演示沙盒框架", true
	a.showSites = []visitors.Site{portal, sandbox}
	p := &web.Portal{}
	shops := map[string]simulator.Merchant{}
	for _, m := range simulator.Demo() {
		p.Merchants = append(p.Merchants, web.PortalMerchant{Ref: m.Ref, Shop: m.Shop})
		shops[m.Ref] = m
	}
	p.Sign = func(ref string) (string, error) {
		now := time.Now()
		t := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"iss": "demo-portal", "aud": portal.ID, "sub": ref, "name": shops[ref].Shop,
			"iat": now.Unix(), "exp": now.Add(time.Hour).Unix()})
		t.Header["kid"] = key.KID
		return t.SignedString(secret)
	}
	return p
}
