package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"posdoctor/server/demo"
)

// demoCommand serves with a make-believe WeChat beside it.
func demoCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "demo", Short: "Serve, with a make-believe WeChat beside it: a phone in the browser; its data is in the folder demo of data", Args: noArgs, RunE: runDemo}
	cmd.Flags().String("demo-listen", "127.0.0.1:8090", "address of the make-believe WeChat, on this machine alone")
	return cmd
}

func runDemo(cmd *cobra.Command, _ []string) error {
	addr, err := cmd.Flags().GetString("demo-listen")
	if err != nil {
		return err
	}
	w, err := demo.Start(addr)
	if err != nil {
		return fmt.Errorf("%w: option demo-listen: %w", errUsage, err)
	}
	defer w.Close()

	// What WeChat is here goes before what the environment and the file say it is.
	for _, options := range []map[string]string{w.Account(), w.CustomerService()} {
		for name, value := range options {
			if err := cmd.Flags().Set(name, value); err != nil {
				return fmt.Errorf("option %s: %w", name, err)
			}
		}
	}
	s, err := read(cmd)
	if err != nil {
		return err
	}
	s.data = filepath.Join(s.data, "demo") // what waits there for the real WeChat is not for this one
	return serve(cmd.Context(), s, cmd.OutOrStdout(), func(url string) []place {
		w.Connect(url)
		return []place{{"模拟微信", w.URL() + "/   手机上的公众号，线上往来，故障开关"}}
	})
}
