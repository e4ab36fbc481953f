package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"posdoctor/server/demo"
)

// demoCommand serves with a make-believe WeChat beside it.
func demoCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "demo", Short: "Serve, with a make-believe WeChat beside it: a phone in the browser", Args: noArgs, RunE: runDemo}
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

	// What WeChat is here goes before what the environment and the file say it is. Customer Service is wired as soon as there are
	// options for it.
	kf := cmd.Flags().Lookup("wechat-kf-secret") != nil
	given := []map[string]string{w.Account()}
	if kf {
		given = append(given, w.CustomerService())
	}
	for _, options := range given {
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
	return serve(cmd.Context(), s, cmd.OutOrStdout(), func(url string) []place {
		w.Connect(url, kf)
		return []place{{"模拟微信", w.URL() + "/   手机上的公众号，线上往来，故障开关"}}
	})
}
