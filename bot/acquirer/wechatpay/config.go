package wechatpay

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"

	"github.com/wechatpay-apiv3/wechatpay-go/utils"
)

// Server is WeChat Pay's API. Its standby is https://api2.mch.weixin.qq.com.
const Server = "https://api.mch.weixin.qq.com"

// Config is a service provider's access.
type Config struct {
	MchID       string          // the service provider's number
	Serial      string          // of its API certificate, hexadecimal
	Key         *rsa.PrivateKey // of that certificate; signs what we ask
	APIv3Key    string          // 32 characters; decrypts notices
	PublicKeyID string          // PUB_KEY_ID_…, or the serial number of a platform certificate
	PublicKey   *rsa.PublicKey  // verifies what WeChat Pay says

	URL       string            // "": Server
	Transport http.RoundTripper // nil: TCP with a time-out for connecting
	Log       *slog.Logger      // nil: none
}

var (
	number   = regexp.MustCompile(`^[0-9]{1,32}$`)
	serialNo = regexp.MustCompile(`^[0-9A-Fa-f]{8,64}$`)
	keyID    = regexp.MustCompile(`^(PUB_KEY_ID_[0-9A-Za-z]{1,64}|[0-9A-Fa-f]{8,64})$`)
)

// Validate says in one sentence what is wrong with it, never with the value of a key.
func (c Config) Validate() error {
	u, err := url.Parse(c.URL)
	switch {
	case !number.MatchString(c.MchID):
		return errors.New("wechatpay-mch-id must be the service provider's number, digits only")
	case !serialNo.MatchString(c.Serial):
		return errors.New("wechatpay-serial must be the hexadecimal serial number of the API certificate")
	case c.Key == nil || c.Key.N.BitLen() < 2048:
		return errors.New("wechatpay-key-file must hold the API certificate's RSA key with 2048 bits or more")
	case len(c.APIv3Key) != 32:
		return errors.New("wechatpay-apiv3-key must have 32 characters")
	case !keyID.MatchString(c.PublicKeyID):
		return errors.New("wechatpay-public-key-id must be like PUB_KEY_ID_0112…, or the serial number of a platform certificate")
	case c.PublicKey == nil || c.PublicKey.N.BitLen() < 2048:
		return errors.New("wechatpay-public-key-file must hold WeChat Pay's public key with 2048 bits or more")
	case strings.EqualFold(c.PublicKeyID, c.Serial):
		return errors.New("wechatpay-public-key-id is the serial number of your own certificate; WeChat Pay's key is needed")
	case c.PublicKey.Equal(&c.Key.PublicKey):
		return errors.New("wechatpay-public-key-file holds your own key; WeChat Pay's is needed")
	case err != nil, c.URL != "" && (u.Host == "" || u.Scheme != "https" || strings.Trim(u.Path, "/") != "" || u.RawQuery != ""):
		return errors.New("the address of WeChat Pay must be like " + Server)
	}
	return nil
}

// String keeps keys out of logs.
func (c Config) String() string { return fmt.Sprintf("WeChat Pay as %s", c.MchID) }

// GoString keeps keys out of logs.
func (c Config) GoString() string { return c.String() }

const maxKeyFile = 64 << 10

// ReadKey reads an RSA key in PEM (PKCS #8), such as apiclient_key.pem. open says that others than its owner may read the file.
func ReadKey(file string) (key *rsa.PrivateKey, open bool, err error) {
	text, open, err := readPEM(file)
	if err != nil {
		return nil, false, err
	}
	if key, err = utils.LoadPrivateKey(text); err != nil {
		return nil, false, errors.New("the file holds no private key in PEM (BEGIN PRIVATE KEY)")
	}
	return key, open, nil
}

// ReadPublicKey reads WeChat Pay's public key in PEM, or a platform certificate, of which the serial number is returned too.
func ReadPublicKey(file string) (key *rsa.PublicKey, serial string, err error) {
	text, _, err := readPEM(file)
	if err != nil {
		return nil, "", err
	}
	if block, _ := pem.Decode([]byte(text)); block != nil && block.Type == "CERTIFICATE" {
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, "", errors.New("the certificate in the file cannot be read")
		}
		rsaKey, ok := cert.PublicKey.(*rsa.PublicKey)
		if !ok {
			return nil, "", errors.New("the certificate in the file has no RSA key")
		}
		return rsaKey, utils.GetCertificateSerialNumber(*cert), nil
	}
	if key, err = utils.LoadPublicKey(text); err != nil {
		return nil, "", errors.New("the file holds no public key in PEM (BEGIN PUBLIC KEY)")
	}
	return key, "", nil
}

func readPEM(file string) (text string, open bool, err error) {
	info, err := os.Stat(file)
	switch {
	case err != nil:
		return "", false, err
	case !info.Mode().IsRegular() || info.Size() > maxKeyFile:
		return "", false, fmt.Errorf("%s is no key file", file)
	}
	data, err := os.ReadFile(file)
	return string(data), info.Mode().Perm()&0o077 != 0, err
}
