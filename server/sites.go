package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"posdoctor/bot"
	"posdoctor/bot/store"
	visitors "posdoctor/channels/web"
	"posdoctor/server/web"
)

// sitesEvery is how often the sites are read: a change by a command is there within two seconds.
const sitesEvery = time.Second

// readSites returns the sites of the database, and those of the demonstration pages.
func (a *app) readSites(ctx context.Context) ([]visitors.Site, error) {
	sites, err := web.ReadSites(ctx, a.store, a.log)
	return append(sites, a.showSites...), err
}

// takeSites takes in the sites as they are now.
func (a *app) takeSites(ctx context.Context) error {
	sites, err := a.readSites(ctx)
	if err == nil {
		a.visitors.SetSites(sites)
	}
	return err
}

// watchSites takes in what commands beside the server change.
func (a *app) watchSites(ctx context.Context) {
	if a.visitors == nil {
		return // a chat in the terminal has no pages
	}
	tick := time.NewTicker(sitesEvery)
	defer tick.Stop()
	var seen []visitors.Site
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		sites, err := a.readSites(ctx)
		if err != nil {
			if ctx.Err() == nil {
				a.log.Error("the sites stay as they were", "err", err)
			}
			continue
		}
		if !reflect.DeepEqual(sites, seen) {
			a.visitors.SetSites(sites)
			seen = sites
		}
	}
}

// firstSite makes the site that exists from the first start.
func firstSite(ctx context.Context, s *store.Store) error {
	value, err := json.Marshal(demoSite)
	if err != nil {
		return err
	}
	_, err = s.SaveSite(ctx, store.Site{ID: demoSite.ID, Value: string(value), At: time.Now().UnixMilli()})
	if errors.Is(err, bot.ErrConflict) {
		return nil // it is there
	}
	return err
}

func siteCommand() *cobra.Command {
	site := &cobra.Command{Use: "site", Short: "Pages on which the widget may stand, also beside a running server", Args: noArgs, RunE: needsSub}
	site.AddCommand(siteAdd(), siteList(), siteShow(), siteOrigin(), siteKey(), siteRemove())
	return site
}

// find returns a site of the database.
func find(ctx context.Context, s *store.Store, id string) (store.Site, visitors.Site, error) {
	if err := firstSite(ctx, s); err != nil {
		return store.Site{}, visitors.Site{}, err
	}
	rows, err := s.Sites(ctx)
	if err != nil {
		return store.Site{}, visitors.Site{}, err
	}
	for _, x := range rows {
		if x.ID == id {
			d, err := visitors.Decode(x.ID, x.Value)
			return x, d, err
		}
	}
	return store.Site{}, visitors.Site{}, fmt.Errorf("there is no site %q; `site list` names them", id)
}

// save writes a site over the version that was read, and the trace of it. A console that is quicker is not overwritten.
func save(ctx context.Context, s *store.Store, version int64, x visitors.Site, act string) error {
	if err := x.Validate(); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	value, err := json.Marshal(x)
	if err != nil {
		return err
	}
	_, err = s.SaveSite(ctx, store.Site{ID: x.ID, Value: string(value), Version: version, At: time.Now().UnixMilli(), Agent: store.CommandAgent},
		siteTrace(act, x.ID+" "+strings.Join(x.Origins, " ")))
	if errors.Is(err, bot.ErrConflict) {
		return fmt.Errorf("the site %s was changed by somebody else meanwhile; try again", x.ID)
	}
	return err
}

func siteTrace(act, detail string) store.Trace {
	return store.Trace{ID: bot.NewID(), At: time.Now().UnixMilli(), Agent: store.CommandAgent, Act: act, Detail: strings.TrimSpace(detail)}
}

func siteAdd() *cobra.Command {
	var x visitors.Site
	cmd := &cobra.Command{Use: "add NAME", Short: "Add a site and print what its page includes", Args: someArgs(1, "a name"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withStore(cmd, func(ctx context.Context, s *store.Store) error {
				x.Name = args[0]
				if x.ID == "" {
					x.ID = visitors.NewSiteID()
				}
				if x.Title == "" {
					x.Title = demoSite.Title
				}
				if x.Greeting == "" {
					x.Greeting = demoSite.Greeting
				}
				if len(x.Topics) == 0 {
					x.Topics = demoSite.Topics
				}
				if _, _, err := find(ctx, s, x.ID); err == nil {
					return fmt.Errorf("there is a site %q already; choose another id, or leave --id out", x.ID)
				}
				if err := save(ctx, s, 0, x, "site.add"); err != nil {
					return err
				}
				return showSite(ctx, cmd, s, x.ID)
			})
		}}
	f := cmd.Flags()
	f.StringVar(&x.ID, "id", "", "its id; made when it is not given")
	f.StringArrayVar(&x.Origins, "origin", nil, "where its pages stand, e.g. https://portal.example.com; again for more")
	f.BoolVar(&x.Opaque, "opaque", false, "let sandboxed frames without an origin open it")
	f.StringVar(&x.Title, "title", "", "head of the chat")
	f.StringVar(&x.Greeting, "greeting", "", "what the chat says before the first word")
	f.StringArrayVar(&x.Topics, "topic", nil, "a question offered before the first word; again for more")
	f.StringVar(&x.Phone, "phone", "", "a number for when the chat cannot be reached")
	f.StringVar(&x.Color, "color", "", "#rrggbb, dark enough for white text")
	f.StringVar(&x.Position, "position", "", "right or left")
	f.StringVar(&x.Theme, "theme", "", "auto, light or dark")
	f.StringVar(&x.Locale, "locale", "", "zh-CN or en; without it the page's language")
	f.StringVar(&x.Launcher, "launcher", "", "words of the button; - for none")
	f.StringVar(&x.Hours, "hours", "", "when people answer")
	return cmd
}

func siteList() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "List the sites", Args: noArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		return withStore(cmd, func(ctx context.Context, s *store.Store) error {
			if err := firstSite(ctx, s); err != nil {
				return err
			}
			rows, err := s.Sites(ctx)
			if err != nil {
				return err
			}
			for _, x := range rows {
				d, err := visitors.Decode(x.ID, x.Value)
				if err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%-18s %s  %d key(s)  %s\n", d.ID, d.Name, len(x.Keys), strings.Join(d.Origins, " "))
			}
			return nil
		})
	}}
}

func siteShow() *cobra.Command {
	return &cobra.Command{Use: "show ID", Short: "Show a site, what its page includes and the policy that the page needs", Args: someArgs(1, "a site's id"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withStore(cmd, func(ctx context.Context, s *store.Store) error { return showSite(ctx, cmd, s, args[0]) })
		}}
}

func showSite(ctx context.Context, cmd *cobra.Command, s *store.Store, id string) error {
	x, d, err := find(ctx, s, id)
	if err != nil {
		return err
	}
	o, err := read(cmd)
	if err != nil {
		return err
	}
	base := strings.TrimSuffix(o.publicURL, "/")
	if base == "" {
		base = "http://" + o.listen
	}
	data, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "%s\n", data)
	for _, k := range x.Keys {
		fmt.Fprintf(out, "key %s  %s  since %s\n", k.KID, k.Alg, time.UnixMilli(k.At).In(beijing).Format("2006-01-02 15:04"))
	}
	fmt.Fprintf(out, "\n%s\n\nContent-Security-Policy: %s\n%s/chat?site=%s\n", visitors.Snippet(base, d), visitors.HostPolicy(base), base, d.ID)
	return nil
}

func siteOrigin() *cobra.Command {
	origin := &cobra.Command{Use: "origin", Short: "Where a site's pages stand", Args: noArgs, RunE: needsSub}
	change := func(use, short string, f func(list []string, o string) ([]string, error)) *cobra.Command {
		return &cobra.Command{Use: use + " ID ORIGIN", Short: short, Args: someArgs(2, "a site's id and an origin"),
			RunE: func(cmd *cobra.Command, args []string) error {
				o, err := visitors.Origin(args[1])
				if err != nil {
					return fmt.Errorf("%w: %w", errUsage, err)
				}
				return withStore(cmd, func(ctx context.Context, s *store.Store) error {
					x, d, err := find(ctx, s, args[0])
					if err != nil {
						return err
					}
					if d.Origins, err = f(d.Origins, o); err != nil {
						return err
					}
					if err := save(ctx, s, x.Version, d, "site.change"); err != nil {
						return err
					}
					fmt.Fprintf(cmd.OutOrStdout(), "site %s: %s\n", d.ID, strings.Join(d.Origins, " "))
					return nil
				})
			}}
	}
	origin.AddCommand(
		change("add", "Allow an origin", func(list []string, o string) ([]string, error) { return append(list, o), nil }),
		change("remove", "Allow an origin no longer", func(list []string, o string) ([]string, error) {
			i := slices.Index(list, o)
			if i < 0 {
				return nil, fmt.Errorf("the site does not allow %s", o)
			}
			return slices.Delete(list, i, i+1), nil
		}))
	return origin
}

func siteKey() *cobra.Command {
	key := &cobra.Command{Use: "key", Short: "Keys by which a site's server signs who its visitors are; two are good at once", Args: noArgs, RunE: needsSub}
	var alg, public string
	add := &cobra.Command{Use: "add ID", Short: "Add a key; its secret is printed this once", Args: someArgs(1, "a site's id"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var pem string
			if public != "" {
				data, err := readAll(public)
				if err != nil {
					return err
				}
				pem = string(data)
			}
			k, secret, err := visitors.NewKey(alg, pem)
			if err != nil {
				return fmt.Errorf("%w: %w", errUsage, err)
			}
			return withStore(cmd, func(ctx context.Context, s *store.Store) error {
				if _, _, err := find(ctx, s, args[0]); err != nil {
					return err
				}
				err := s.AddSiteKey(ctx, args[0], store.SiteKey{KID: k.KID, Alg: k.Alg, Secret: k.Secret, At: time.Now().UnixMilli(), Agent: store.CommandAgent},
					siteTrace("site.key.add", args[0]+" "+k.KID))
				if errors.Is(err, store.ErrKeys) {
					return fmt.Errorf("%w; remove the one that is no longer used: `site key remove %s KID`", err, args[0])
				}
				if err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "site %s, kid %s, %s\n", args[0], k.KID, k.Alg)
				if secret != "" {
					fmt.Fprintf(cmd.OutOrStdout(), "secret %s\n", secret)
				}
				return nil
			})
		}}
	add.Flags().StringVar(&alg, "alg", visitors.AlgHS256, "HS256: a secret is made; EdDSA: give your public key")
	add.Flags().StringVar(&public, "public", "", "file with an Ed25519 public key (PEM, JWK or base64); - reads it from the standard input")
	remove := &cobra.Command{Use: "remove ID KID", Short: "Remove a key; what it signs is refused from then on", Args: someArgs(2, "a site's id and a key's"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withStore(cmd, func(ctx context.Context, s *store.Store) error {
				err := s.RemoveSiteKey(ctx, args[0], args[1], siteTrace("site.key.remove", args[0]+" "+args[1]))
				if errors.Is(err, bot.ErrNotFound) {
					return fmt.Errorf("the site %s has no key %s", args[0], args[1])
				}
				if err == nil {
					fmt.Fprintf(cmd.OutOrStdout(), "site %s, key %s is gone\n", args[0], args[1])
				}
				return err
			})
		}}
	key.AddCommand(add, remove)
	return key
}

func readAll(file string) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(io.LimitReader(os.Stdin, 64<<10))
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("%w: option public: %w", errUsage, err)
	}
	return data, nil
}

func siteRemove() *cobra.Command {
	return &cobra.Command{Use: "remove ID", Short: "Remove a site with its keys; its conversations stay", Args: someArgs(1, "a site's id"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if args[0] == web.DemoSite {
				return errors.New("the built-in site stays; its origins can be removed")
			}
			return withStore(cmd, func(ctx context.Context, s *store.Store) error {
				err := s.RemoveSite(ctx, args[0], siteTrace("site.remove", args[0]))
				if errors.Is(err, bot.ErrNotFound) {
					return fmt.Errorf("there is no site %q", args[0])
				}
				if err == nil {
					fmt.Fprintf(cmd.OutOrStdout(), "site %s is gone\n", args[0])
				}
				return err
			})
		}}
}
