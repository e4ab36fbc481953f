package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/knadh/koanf/v2"
	"github.com/spf13/cobra"

	"posdoctor/bot/acquirer"
	"posdoctor/bot/acquirer/contract"
	"posdoctor/bot/acquirer/remote"
	"posdoctor/bot/acquirer/signing"
	"posdoctor/bot/acquirer/simulator"
	"posdoctor/bot/acquirer/wechatpay"
)

const simFolder = "simulator" // below data: the simulator's file of tickets

// openAcquirer connects the acquirer of the options. The simulator serves on a port of its own, and is reached like any other: over
// HTTP, signed with a secret that both forget when the process ends.
func (a *app) openAcquirer() (err error) {
	switch a.s.acquirer {
	case "http":
		a.acquirerKey = a.s.acquirerKey
		return a.connect(a.s.acquirerURL)
	case "simulator":
		if a.acquirerKey, err = signing.Secret("simulator", rand.Text()+rand.Text()); err != nil {
			return err
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return fmt.Errorf("the simulator finds no port on this machine: %w; run with --acquirer none", err)
		}
		a.simAt = l
		if err := a.connect("http://" + l.Addr().String()); err != nil {
			return err
		}
		return a.openSimulator()
	case "wechatpay":
		return a.openWeChatPay()
	}
	a.acquirer, a.service.NoTickets = acquirer.None{}, true
	return nil
}

func (a *app) connect(url string) error {
	c, err := remote.New(remote.Config{URL: url, Key: a.acquirerKey})
	if err == nil {
		a.acquirer, a.remote = c, c
		b := &binds{from: c, now: time.Now}
		a.service.Binds, a.service.Looks = b.Can, b.Looks
		b.Can() // it is known by the time somebody writes
	}
	return err
}

// openSimulator serves the simulator until close. Its events come to where this process serves, if it does.
func (a *app) openSimulator() error {
	events := ""
	if a.s.eventsAt != "" {
		events = a.s.eventsAt + contract.EventsPath
	}
	sim, err := simulator.New(simulator.Config{Dir: filepath.Join(a.s.data, simFolder), Key: a.acquirerKey, EventsURL: events, Log: a.log})
	if err != nil {
		return err
	}
	a.sim, a.service.Binder = sim, sim
	a.simServer = newServer(sim, a.log)
	go a.simServer.Serve(a.simAt)
	return nil
}

func (a *app) simURL() string { return "http://" + a.simAt.Addr().String() + "/" }

func (a *app) closeAcquirer() error {
	var err error
	if a.remote != nil {
		err = a.remote.Close()
	}
	if a.wechatpay != nil {
		err = errors.Join(err, a.wechatpay.Close())
	}
	if a.simServer != nil {
		err = errors.Join(err, a.simServer.Close())
	} else if a.simAt != nil {
		err = errors.Join(err, a.simAt.Close())
	}
	if a.sim != nil {
		err = errors.Join(err, a.sim.Close())
	}
	return err
}

// acquirerOptions reads how the acquirer is reached.
func acquirerOptions(k *koanf.Koanf, s *settings, bad func(name, format string, a ...any) error) error {
	s.simKey = func() (signing.Key, error) { return keyOption(k, bad) }
	s.acquirerURL = strings.TrimSuffix(k.String("acquirer-url"), "/")
	var err error
	if s.linkHosts, err = acquirer.ReadLinks(k.String("acquirer-link-hosts")); err != nil {
		return bad("acquirer-link-hosts", "%v", err)
	}
	if len(s.linkHosts) == 0 {
		s.linkHosts = map[string]acquirer.Links{"wechatpay": wechatpay.LinkHosts, "simulator": {simulator.HelpHost}}[s.acquirer]
	}
	switch s.acquirer {
	case "simulator", "none":
		return nil
	case "http":
	case "wechatpay":
		s.wechatpay, s.wechatpayOpen, err = wechatpayOptions(k, bad)
		return err
	default:
		return bad("acquirer", "%q is none of simulator, http, wechatpay, none", s.acquirer)
	}
	if s.acquirerURL == "" {
		return bad("acquirer-url", "is needed with acquirer http: where the acquirer serves the contract")
	}
	if s.acquirerKey, err = keyOption(k, bad); err != nil {
		return err
	}
	if _, err := remote.New(remote.Config{URL: s.acquirerURL, Key: s.acquirerKey}); err != nil {
		return bad("acquirer-url", "%v", err)
	}
	return nil
}

// keyOption is the key that is shared with the acquirer: a secret, or a file with an RSA key of each side.
func keyOption(k *koanf.Koanf, bad func(name, format string, a ...any) error) (signing.Key, error) {
	id, secret, file := k.String("acquirer-key-id"), k.String("acquirer-secret"), k.String("acquirer-key-file")
	switch {
	case !contract.IsRef(id):
		return signing.Key{}, bad("acquirer-key-id", "%q is no name like posdoctor-1; the acquirer knows the key by it", id)
	case (secret == "") == (file == ""):
		return signing.Key{}, bad("acquirer-secret", "either it or acquirer-key-file signs the requests: set one of the two")
	case secret != "":
		key, err := signing.Secret(id, secret)
		if err != nil {
			return key, bad("acquirer-secret", "%v", err)
		}
		return key, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return signing.Key{}, bad("acquirer-key-file", "%v", err)
	}
	key, err := signing.PEM(id, text)
	if err != nil {
		return key, bad("acquirer-key-file", "%s: %v", file, err)
	}
	return key, nil
}

// simCommand runs the simulator alone, for a posdoctor with acquirer http.
func simCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "acquirer-sim", Short: "Play an acquirer: the contract over HTTP, with demo merchants, tickets, events and faults", Args: noArgs, RunE: runSim}
	cmd.Flags().String("sim-listen", "127.0.0.1:8070", "address to serve on")
	cmd.Flags().String("events-url", "", "where events are sent, e.g. http://127.0.0.1:8080; without it none are")
	cmd.Flags().Bool("contract", false, "print the contract as an OpenAPI 3.1 document and end")
	return cmd
}

func runSim(cmd *cobra.Command, _ []string) error {
	if only, _ := cmd.Flags().GetBool("contract"); only {
		_, err := cmd.OutOrStdout().Write(contract.Document())
		return err
	}
	s, err := read(cmd)
	if err != nil {
		return err
	}
	addr, _ := cmd.Flags().GetString("sim-listen")
	events, _ := cmd.Flags().GetString("events-url")
	if events != "" {
		if u, err := url.Parse(events); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return fmt.Errorf("%w: option events-url: %q is no address like http://127.0.0.1:8080", errUsage, events)
		}
		events = strings.TrimSuffix(events, "/") + contract.EventsPath
	}
	key, err := s.simKey()
	if err != nil {
		return err
	}
	log := newLog(s)
	sim, err := simulator.New(simulator.Config{Dir: filepath.Join(s.data, simFolder), Key: key, EventsURL: events, Log: log})
	if err != nil {
		return err
	}
	defer sim.Close()
	l, err := listenOn(addr, "sim-listen")
	if err != nil {
		return err
	}
	srv := newServer(sim, log)
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	ctx := cmd.Context()
	var running sync.WaitGroup
	running.Go(func() { sim.Run(ctx) })
	defer running.Wait()
	fmt.Fprintf(cmd.OutOrStdout(), "\n收单机构模拟已启动\n\n  工单和商户  http://%s/\n  密钥编号    %s\n\n", l.Addr(), key.ID)
	select {
	case err := <-failed:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := srv.Shutdown(last); err != nil && !errors.Is(err, http.ErrServerClosed) {
		srv.Close()
	}
	return nil
}
