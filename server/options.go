package main

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/providers/posflag"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/cobra"

	"posdoctor/bot/acquirer/signing"
	"posdoctor/bot/acquirer/wechatpay"
	"posdoctor/channels/wechat"
	"posdoctor/knowledge"
)

// option is one setting. A flag goes before the environment variable, and that before the file.
type option struct {
	name, value, help string
}

// options are all settings, in the order in which `config` prints them.
var options = []option{
	{"config-file", "posdoctor.yaml", "file with these options; need not exist"},
	{"listen", "127.0.0.1:8080", "address to serve on"},
	{"data", "./.posdoctor", "folder of the database, created with mode 0700"},
	{"public-url", "", "address under which browsers reach the server, e.g. https://help.example.com"},
	{"trusted-proxies", "", "networks of proxies whose X-Forwarded-For is believed, e.g. 10.0.0.0/8, comma separated"},
	{"database-url", "", "not available yet: one node on SQLite below the data folder"},
	{"redis-url", "", "not available yet: one node needs none"},
	{"log-level", "info", "debug, info, warn or error"},
	{"admin-password", "", "password of the agent admin, set at each start; without it a one-time password is printed"},
	{"acquirer", "simulator", "simulator (seven demo merchants), http (one that implements our contract, see acquirer-sim --contract), wechatpay (read only, as a service provider) or none"},
	{"acquirer-url", "", "where the acquirer serves the contract, e.g. https://acquirer.example.com/posdoctor"},
	{"acquirer-key-id", "", "name of the key that is shared with the acquirer"},
	{"acquirer-secret", "", "the key: at least 32 bytes, signs and verifies with HMAC-SHA256"},
	{"acquirer-key-file", "", "or a PEM file with our PRIVATE KEY and the acquirer's PUBLIC KEY, for RSA-SHA256"},
	{"wechatpay-mch-id", "", "the service provider's number at WeChat Pay; with acquirer wechatpay, which reads limits and never writes"},
	{"wechatpay-serial", "", "serial number of its API certificate, hexadecimal"},
	{"wechatpay-key-file", "", "PEM file with the key of that certificate (apiclient_key.pem), readable by its owner only"},
	{"wechatpay-apiv3-key", "", "APIv3 key, 32 characters: decrypts the notices that come to /acquirer/wechatpay/notices"},
	{"wechatpay-public-key-id", "", "id of WeChat Pay's public key, PUB_KEY_ID_…; empty with a platform certificate"},
	{"wechatpay-public-key-file", "", "PEM file with that key, or a platform certificate; answers and notices that it does not verify are refused"},
	{"acquirer-name", "", "the acquirer whose merchants are served, as library entries name it; entries of other acquirers are not told"},
	{"brands", "", "brands of its machines and products, comma separated; entries limited to one of them are told to everybody"},
	{"wechat-app-id", "", "AppID of the Official Account; with a token it opens /wechat/callback"},
	{"wechat-app-secret", "", "AppSecret; allows customer-service messages (verified accounts), without it there are passive replies only"},
	{"wechat-api-url", "https://api.weixin.qq.com", "WeChat's API"},
	{"wechat-token", "", "token that signs the pushes"},
	{"wechat-aes-key", "", "EncodingAESKey, 43 characters; turns on safe mode"},
	{"wechat-aes-key-previous", "", "the EncodingAESKey before it, while WeChat still uses both"},
	{"wechat-mode", "", "plain or safe; safe when a key is set"},
	{"wechat-ai-label", "true", "mark the bot's words in WeChat as made by a machine"},
	{"wechat-hold", "", "how long a push is held for an answer from outside; 2s where late answers can be sent, else 4.5s. A message whose rest is awaited may take a little longer"},
	{"wechat-kf-corp-id", "", "CorpID; with secret, token and AES key it opens /wechat/kf/callback for WeChat Customer Service"},
	{"wechat-kf-secret", "", "Secret of the app that may call Customer Service; messages are fetched and sent with it"},
	{"wechat-kf-token", "", "token that signs the pushes of Customer Service"},
	{"wechat-kf-aes-key", "", "EncodingAESKey of Customer Service, 43 characters"},
	{"wechat-kf-aes-key-previous", "", "the EncodingAESKey before it, while WeCom still uses both"},
	{"wechat-kf-api-url", "https://qyapi.weixin.qq.com", "WeCom's API"},
	{"wechat-kf-desk", "own", "who answers when a customer asks for a person: own (this console) or wecom (the pool of Customer Service in WeCom)"},
	{"speech-url", "", "service that makes words of voice messages: gets the audio by POST, answers {\"text\":\"…\"}; https, or this machine"},
	{"speech-key", "", "its key, sent as Authorization: Bearer"},
	{"notice-wecom-url", "https://qyapi.weixin.qq.com", "where group robots of WeCom are asked to tell agents; which robot is set in the console"},
	{"notice-hosts", "", "hosts inside of your network to which the webhook for agents may go, comma separated; public ones need not be named"},
	{"answer-precision", "0.91", "share of the told entries that have to be right, 0..1; higher asks back more often"},
	{"offer-precision", "0.3", "probability from which an entry is offered as one of three, 0..1"},
	{"internal-listen", "", "address of metrics and pprof, off by default"},
}

func addOptions(root *cobra.Command) {
	for _, o := range options {
		root.PersistentFlags().String(o.name, o.value, o.help)
	}
}

// settings are the options after reading, checked.
type settings struct {
	listen, data, publicURL string
	dataGiven               bool // data was set by the operator, not by default
	levelGiven              bool
	trusted                 []string
	level                   slog.Level
	adminPassword           string
	acquirer                string
	acquirerURL             string
	acquirerKey             signing.Key
	wechatpay               wechatpay.Config
	wechatpayOpen           string                      // its key file, when others may read it
	simKey                  func() (signing.Key, error) // for the simulator alone, which has no URL
	eventsAt                string                      // where this process serves; "": it does not
	acquirerName            string
	brands                  []string
	internalListen          string
	tell, offer             float64         // probabilities from which an entry is told, and offered
	wechat                  wechat.Config   // AppID "": no Official Account
	wechatKF                wechat.KFConfig // CorpID "": no Customer Service
	speech                  wechat.Recogniser
	noticeWeCom             string
	noticeHosts             []string
}

// read gathers the options of a command and says in one sentence what is wrong with one.
func read(cmd *cobra.Command) (settings, error) {
	k := koanf.New("/")
	name, _ := cmd.Flags().GetString("config-file")
	given := cmd.Flags().Changed("config-file")
	if v, ok := os.LookupEnv("POSDOCTOR_CONFIG_FILE"); ok && !given {
		name, given = v, true
	}
	if _, err := os.Stat(name); err == nil || given {
		if err := k.Load(file.Provider(name), yaml.Parser()); err != nil {
			return settings{}, fmt.Errorf("%w: options file %s: %w", errUsage, name, err)
		}
	}
	known := map[string]bool{}
	for _, o := range options {
		known[o.name] = true
	}
	for _, key := range k.Keys() {
		if !known[key] {
			return settings{}, fmt.Errorf("%w: options file %s: there is no option %q; `config` prints them all", errUsage, name, key)
		}
	}
	var unknown []string
	if err := k.Load(env.Provider("/", env.Opt{Prefix: "POSDOCTOR_", TransformFunc: func(key, value string) (string, any) {
		name := strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(key, "POSDOCTOR_")), "_", "-")
		if !known[name] {
			if !strings.HasPrefix(name, "test-") && name != "shots" {
				unknown = append(unknown, key)
			}
			return "", nil
		}
		return name, value
	}}), nil); err != nil {
		return settings{}, fmt.Errorf("%w: environment: %w", errUsage, err)
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		fmt.Fprintf(os.Stderr, "posdoctor: no option is set by %s; `config` prints them all\n", strings.Join(unknown, ", "))
	}
	dataGiven := k.Exists("data") || cmd.Flags().Changed("data")
	levelGiven := k.Exists("log-level") || cmd.Flags().Changed("log-level")
	if err := k.Load(posflag.Provider(cmd.Flags(), "/", k), nil); err != nil {
		return settings{}, fmt.Errorf("%w: flags: %w", errUsage, err)
	}
	s, err := check(k)
	s.dataGiven, s.levelGiven = dataGiven, levelGiven
	return s, err
}

// scope says for whom the library is told here.
func (s settings) scope(at time.Time) knowledge.Scope {
	return knowledge.Scope{Acquirer: s.acquirerName, Brands: s.brands, At: at}
}

// faultOf says what is wrong with an option.
func faultOf(name, format string, a ...any) error {
	return fmt.Errorf("%w: option %s: %s", errUsage, name, fmt.Sprintf(format, a...))
}

func check(k *koanf.Koanf) (settings, error) {
	s := settings{listen: k.String("listen"), data: k.String("data"), publicURL: strings.TrimSuffix(k.String("public-url"), "/"),
		adminPassword: k.String("admin-password"), acquirer: k.String("acquirer"), acquirerName: strings.TrimSpace(k.String("acquirer-name")),
		internalListen: k.String("internal-listen")}
	bad := faultOf
	if k.String("database-url") != "" {
		return s, bad("database-url", "PostgreSQL does not work yet; leave it empty, the data stands in SQLite below the data folder")
	}
	if k.String("redis-url") != "" {
		return s, bad("redis-url", "Redis is not used yet; leave it empty, one node needs none")
	}
	if _, _, err := net.SplitHostPort(s.listen); err != nil {
		return s, bad("listen", "%q is no host:port", s.listen)
	}
	if s.data == "" {
		return s, bad("data", "name a folder")
	}
	if s.publicURL != "" {
		if u, err := url.Parse(s.publicURL); err != nil || u.Host == "" || u.Path != "" || u.Scheme != "http" && u.Scheme != "https" {
			return s, bad("public-url", "%q is no origin like https://help.example.com", s.publicURL)
		}
	}
	for _, b := range strings.FieldsFunc(k.String("brands"), func(r rune) bool { return r == ',' || r == '，' }) {
		if b = strings.TrimSpace(b); b != "" {
			s.brands = append(s.brands, b)
		}
	}
	for _, p := range strings.Split(k.String("trusted-proxies"), ",") {
		if p = strings.TrimSpace(p); p == "" {
			continue
		}
		if _, err := netip.ParsePrefix(p); err != nil {
			if _, err := netip.ParseAddr(p); err != nil {
				return s, bad("trusted-proxies", "%q is no network like 10.0.0.0/8", p)
			}
		}
		s.trusted = append(s.trusted, p)
	}
	if err := s.level.UnmarshalText([]byte(k.String("log-level"))); err != nil {
		return s, bad("log-level", "%q is none of debug, info, warn, error", k.String("log-level"))
	}
	if err := acquirerOptions(k, &s, bad); err != nil {
		return s, err
	}
	for name, to := range map[string]*float64{"answer-precision": &s.tell, "offer-precision": &s.offer} {
		p, err := strconv.ParseFloat(k.String(name), 64)
		if err != nil || !(p > 0 && p <= 1) {
			return s, bad(name, "%q is no share between 0 and 1", k.String(name))
		}
		*to = p
	}
	s.tell = knowledge.ThresholdFor(s.tell)
	var err error
	if s.wechat, err = wechatOptions(k, bad); err != nil {
		return s, err
	}
	if s.wechatKF, err = wechatKFOptions(k, bad); err != nil {
		return s, err
	}
	if s.speech, err = speechOptions(k, bad); err != nil {
		return s, err
	}
	return s, noticeOptions(k, &s, bad)
}

func noticeOptions(k *koanf.Koanf, s *settings, bad func(name, format string, a ...any) error) error {
	s.noticeWeCom = strings.TrimSuffix(k.String("notice-wecom-url"), "/")
	u, err := url.Parse(s.noticeWeCom)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Scheme != "https" && !(u.Scheme == "http" && slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, u.Hostname())) {
		return bad("notice-wecom-url", "%q is no address like https://qyapi.weixin.qq.com", s.noticeWeCom)
	}
	for _, h := range strings.FieldsFunc(k.String("notice-hosts"), func(r rune) bool { return r == ',' || r == '，' || r == ' ' }) {
		if strings.ContainsAny(h, "/@*") {
			return bad("notice-hosts", "%q is no host name; write it without https:// and path", h)
		}
		s.noticeHosts = append(s.noticeHosts, strings.ToLower(h))
	}
	return nil
}

func configCommand() *cobra.Command {
	return &cobra.Command{Use: "config", Short: "Print every option with its default, as a file to start from", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			fmt.Fprintln(cmd.OutOrStdout(), "# posdoctor.yaml: every option with its default. Each is also a flag (--listen) and an environment\n"+
				"# variable (POSDOCTOR_LISTEN); a flag goes before the variable, and that before this file.")
			for _, o := range options {
				if o.name == "config-file" {
					continue
				}
				fmt.Fprintf(cmd.OutOrStdout(), "\n# %s\n#%s: %q\n", o.help, o.name, o.value)
			}
			return nil
		}}
}
