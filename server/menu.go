package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"posdoctor/bot/store"
	"posdoctor/channels/wechat"
)

func wechatCommand() *cobra.Command {
	root := &cobra.Command{Use: "wechat", Short: "The Official Account", Args: noArgs, RunE: needsSub}
	menu := &cobra.Command{Use: "menu", Short: "The menu below the chat", Args: noArgs, RunE: needsSub}
	push := &cobra.Command{Use: "push FILE", Short: "Check a menu in YAML or JSON and replace the account's by it", Args: someArgs(1, "a file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			data, err := os.ReadFile(args[0])
			if err != nil {
				return fmt.Errorf("the menu cannot be read: %w", err)
			}
			m, err := wechat.ParseMenu(args[0], data)
			if err != nil {
				return fmt.Errorf("nothing was sent:\n%w", err)
			}
			return withMenus(cmd, func(ctx context.Context, menus *wechat.Menus) error {
				if err := menus.Push(ctx, m); err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "the menu is set, with %d buttons at the top; phones show it within 5 minutes, who follows anew at once\n", len(m.Buttons))
				return nil
			})
		}}
	show := &cobra.Command{Use: "show", Short: "Print the account's menu as JSON", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withMenus(cmd, func(ctx context.Context, menus *wechat.Menus) error {
				data, err := menus.Show(ctx)
				if err != nil {
					return err
				}
				if data == nil {
					fmt.Fprintln(cmd.ErrOrStderr(), "this account has no menu; set one with `wechat menu push FILE`")
					return nil
				}
				var b bytes.Buffer
				if err := json.Indent(&b, data, "", "  "); err != nil {
					return err
				}
				fmt.Fprintln(cmd.OutOrStdout(), b.String())
				return nil
			})
		}}
	remove := &cobra.Command{Use: "delete", Short: "Take the account's menu away", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withMenus(cmd, func(ctx context.Context, menus *wechat.Menus) error {
				if err := menus.Delete(ctx); err != nil {
					return err
				}
				fmt.Fprintln(cmd.OutOrStdout(), "the account has no menu any more; phones show it within 5 minutes")
				return nil
			})
		}}
	menu.AddCommand(push, show, remove)
	root.AddCommand(menu)
	return root
}

// withMenus gives f the menus of the configured account. It works beside a running server.
func withMenus(cmd *cobra.Command, f func(context.Context, *wechat.Menus) error) error {
	s, err := read(cmd)
	if err != nil {
		return err
	}
	if s.wechat.AppID == "" || s.wechat.AppSecret == "" {
		return fmt.Errorf("%w: option wechat-app-secret: menus are set through WeChat's API, with wechat-app-id, wechat-token and wechat-app-secret", errUsage)
	}
	return withStore(cmd, func(ctx context.Context, st *store.Store) error {
		menus, err := wechat.NewMenus(s.wechat, st)
		if err != nil {
			return fmt.Errorf("%w: %w", errUsage, err)
		}
		if err := f(ctx, menus); err != nil {
			return errors.New(wechat.Advice(err))
		}
		return nil
	})
}
