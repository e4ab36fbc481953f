// Command server is posdoctor: a support assistant for merchants whose POS terminal or merchant account is in trouble.
//
// Without a command it serves: the support page with the chat widget, the agents' console, the callback of WeChat. The other
// commands chat in the terminal, look after the library, the flows, the agents and the database; see `server help`.
//
//	main.go      the commands; exit codes
//	options.go   every option, once; from flags, environment and file
//	serve.go     wiring, start, stop
//	banner.go    what is printed at the start
//	keeping.go   what is kept for a while only, taken out
//	watch.go     the operator's library, taken in while running; internal.go: metrics and profiles
//	acquirer.go  how the acquirer is reached;  acquirer-sim: the simulator alone
//	portal.go    the merchant portal of the demonstration pages
//	demo.go      demo: the same with a make-believe WeChat, from package demo
//	lock_*.go    one server for a data folder
//	talk.go      talk: a chat in the terminal;  ask.go: one message, one decision
//	eval*.go     eval …: how well questions are understood
//	wechat.go    WeChat's channels and the speech service wired; menu.go: wechat menu …
//	sites.go     site …: the pages on which the widget may stand
//	library.go   knowledge …; knowledge_*.go: its parts; progress.go: a bar for long work;  flows.go: flows …;  agents.go: agent …;  replay.go: replay
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	exitFinding = 1 // something was found wrong, or a gate failed
	exitUsage   = 2
)

// errUsage marks a mistake in how a command was called.
var errUsage = errors.New("wrong call")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:]))
}

// run executes one command line and returns the exit code.
func run(ctx context.Context, args []string) int {
	root := commands()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	code := exitCode(err)
	if err != nil {
		fmt.Fprintf(os.Stderr, "posdoctor: %v\n", err)
	}
	if code == exitUsage {
		fmt.Fprintln(os.Stderr, "See `server help` for the commands and options.")
	}
	return code
}

func exitCode(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errUsage):
		return exitUsage
	}
	return exitFinding
}

func commands() *cobra.Command {
	root := &cobra.Command{
		Use: "server", Short: "posdoctor helps merchants whose POS terminal or account is in trouble",
		SilenceUsage: true, SilenceErrors: true,
		Args: noArgs,
		RunE: serveCommand,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return fmt.Errorf("%w: %w", errUsage, err) })
	addOptions(root)
	root.SetUsageTemplate(briefly(root.UsageTemplate()))
	root.AddCommand(
		&cobra.Command{Use: "serve", Short: "Serve pages, API and channels (the default)", Args: noArgs, RunE: serveCommand},
		talkCommand(), askCommand(), libraryCommand(), flowsCommand(), agentCommand(), siteCommand(), replayCommand(), wechatCommand(), configCommand(),
		demoCommand(), simCommand(), evalCommand(),
	)
	return root
}

// briefly leaves the options that all commands share out of the help of each: they would bury its own.
func briefly(usage string) string {
	begin := strings.Index(usage, "{{if .HasAvailableInheritedFlags}}")
	end := strings.Index(usage, "{{if .HasHelpSubCommands}}")
	if begin < 0 || end < begin {
		return usage
	}
	brief := "{{else if .HasAvailableInheritedFlags}}\n\nThe options of the server work here too: `server help` lists them.{{end}}"
	return usage[:begin] + `{{if eq .Name "serve"}}` + usage[begin:end] + brief + usage[end:]
}

func noArgs(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%w: there is no command or argument %q", errUsage, args[0])
	}
	return nil
}

func someArgs(n int, names string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != n {
			return fmt.Errorf("%w: %s needs %s", errUsage, c.CommandPath(), names)
		}
		return nil
	}
}

func atMostOne(name string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) > 1 {
			return fmt.Errorf("%w: %s takes %s at the most", errUsage, c.CommandPath(), name)
		}
		return nil
	}
}
