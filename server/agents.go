package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"posdoctor/bot"
	"posdoctor/bot/store"
	"posdoctor/server/web"
)

const adminName = "admin"

// admin makes sure that there is an admin who can log in, and says how. The option's password is set at each start; without it a
// password is printed, anew at each start until somebody has changed it.
func (a *app) admin(ctx context.Context) (string, error) {
	agent, err := a.store.AgentByName(ctx, adminName)
	fresh := errors.Is(err, bot.ErrNotFound)
	if err != nil && !fresh {
		return "", fmt.Errorf("looking for the admin: %w", err)
	}
	password, temporary, notice := a.s.adminPassword, false, "密码为 admin-password 选项所设"
	switch {
	case password != "":
	case fresh || agent.Temporary:
		password, temporary = oneTime(), true
		notice = "一次性密码 " + password + "（登录后请修改）"
	default:
		return "密码为您所设", nil
	}
	hash, err := web.HashPassword(password)
	if err != nil {
		return "", fmt.Errorf("%w: option admin-password: %w", errUsage, err)
	}
	if fresh {
		return notice, a.store.AddAgent(ctx, store.Agent{ID: bot.NewID(), Name: adminName, Role: store.RoleAdmin, Password: hash, Temporary: temporary})
	}
	return notice, a.store.SetPassword(ctx, agent.ID, hash, temporary)
}

// readable are the letters and digits of a printed password: 32, none of which looks like another.
const readable = "abcdefghijkmnpqrstuvwxyz23456789"

// oneTime returns a password to print, 100 bits strong.
func oneTime() string {
	b := make([]byte, 20)
	rand.Read(b)
	for i := range b {
		b[i] = readable[b[i]%byte(len(readable))]
	}
	return string(b)
}

func agentCommand() *cobra.Command {
	agent := &cobra.Command{Use: "agent", Short: "Agents of the console", Args: noArgs, RunE: needsSub}
	var role string
	add := &cobra.Command{Use: "add NAME", Short: "Add an agent and print a one-time password", Args: someArgs(1, "a name"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if role != store.RoleAgent && role != store.RoleLead && role != store.RoleAdmin {
				return fmt.Errorf("%w: --role is agent, lead or admin", errUsage)
			}
			return withStore(cmd, func(ctx context.Context, s *store.Store) error {
				password := oneTime()
				hash, err := web.HashPassword(password)
				if err != nil {
					return err
				}
				if err := s.AddAgent(ctx, store.Agent{ID: bot.NewID(), Name: args[0], Role: role, Password: hash, Temporary: true}); err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "agent %s (%s), one-time password %s\n", args[0], role, password)
				return nil
			})
		}}
	add.Flags().StringVar(&role, "role", store.RoleAgent, "agent, lead or admin")
	passwd := &cobra.Command{Use: "passwd NAME", Short: "Give an agent a new one-time password; its sessions end at once", Args: someArgs(1, "a name"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withStore(cmd, func(ctx context.Context, s *store.Store) error {
				a, err := s.AgentByName(ctx, args[0])
				if errors.Is(err, bot.ErrNotFound) {
					return fmt.Errorf("there is no agent %q", args[0])
				}
				if err != nil {
					return err
				}
				password := oneTime()
				hash, err := web.HashPassword(password)
				if err != nil {
					return err
				}
				if err := s.SetPassword(ctx, a.ID, hash, true); err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "agent %s, one-time password %s\n", a.Name, password)
				return nil
			})
		}}
	agent.AddCommand(add, passwd)
	return agent
}

func needsSub(cmd *cobra.Command, _ []string) error {
	var names []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	return fmt.Errorf("%w: %s needs one of: %s", errUsage, cmd.CommandPath(), strings.Join(names, ", "))
}

// withStore opens the database of the data folder, also beside a running server.
func withStore(cmd *cobra.Command, f func(context.Context, *store.Store) error) error {
	s, err := read(cmd)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.data, 0o700); err != nil {
		return fmt.Errorf("the data folder %s cannot be made: %w; choose another one with --data", s.data, err)
	}
	st, err := store.Open(cmd.Context(), filepath.Join(s.data, "posdoctor.db"))
	if err != nil {
		return err
	}
	return errors.Join(f(cmd.Context(), st), st.Close())
}
