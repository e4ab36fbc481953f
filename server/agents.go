package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"posdoctor/bot"
	"posdoctor/bot/store"
	"posdoctor/flows"
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

func oneTime() string { return web.OneTime() }

func agentCommand() *cobra.Command {
	agent := &cobra.Command{Use: "agent", Short: "Agents of the console", Args: noArgs, RunE: needsSub}
	agent.AddCommand(agentAdd(), agentPasswd(), agentList(), agentDisable())
	return agent
}

// byCommand is a line of the audit log for what somebody does on the server's machine.
func byCommand(act, detail string) store.Trace {
	return store.Trace{ID: bot.NewID(), At: time.Now().UnixMilli(), Agent: store.CommandAgent, Act: act, Detail: detail}
}

func agentAdd() *cobra.Command {
	var role, display string
	var teams, skills []string
	var capacity int
	add := &cobra.Command{Use: "add NAME", Short: "Add an agent and print a one-time password", Args: someArgs(1, "a name"),
		RunE: func(cmd *cobra.Command, args []string) error {
			x := store.Agent{ID: bot.NewID(), Role: role, Skills: skills, Capacity: capacity, Temporary: true}
			var err error
			if x.Name, err = web.CheckName(args[0]); err != nil {
				return fmt.Errorf("%w: the name %q has 1 to 32 letters or digits, beside . _ - @ and single spaces", errUsage, args[0])
			}
			if x.Display, err = web.CheckDisplay(display); err != nil {
				return fmt.Errorf("%w: --display is at most 20 characters, and no name of the bot's", errUsage)
			}
			if !slices.Contains(web.Roles, role) {
				return fmt.Errorf("%w: --role is %s", errUsage, orList(web.Roles))
			}
			for _, s := range skills {
				if !slices.Contains(flows.Skills, s) {
					return fmt.Errorf("%w: --skill is %s", errUsage, orList(flows.Skills))
				}
			}
			if capacity < 1 || capacity > 50 {
				return fmt.Errorf("%w: --capacity is 1 to 50", errUsage)
			}
			return withStore(cmd, func(ctx context.Context, s *store.Store) error {
				password := oneTime()
				if x.Password, err = web.HashPassword(password); err != nil {
					return err
				}
				if x.Teams, err = teamIDs(ctx, s, teams); err != nil {
					return err
				}
				if err := s.AddAgent(ctx, x, byCommand("people.add", x.Name+" "+role)); err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "agent %s (%s), one-time password %s\n", x.Name, role, password)
				return nil
			})
		}}
	add.Flags().StringVar(&role, "role", store.RoleAgent, orList(web.Roles))
	add.Flags().StringVar(&display, "display", "", "name that merchants read; without it the name")
	add.Flags().StringSliceVar(&teams, "team", nil, "group by its name, made when there is none; may be repeated")
	add.Flags().StringSliceVar(&skills, "skill", nil, orList(flows.Skills)+"; may be repeated; without it everything")
	add.Flags().IntVar(&capacity, "capacity", store.DefaultCapacity, "conversations at once")
	return add
}

// orList names the values of a flag.
func orList(list []string) string {
	return strings.Join(list[:len(list)-1], ", ") + " or " + list[len(list)-1]
}

// teamIDs are the ids of groups; those that are not there are made.
func teamIDs(ctx context.Context, s *store.Store, names []string) ([]string, error) {
	known, err := s.Teams(ctx)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, name := range names {
		i := slices.IndexFunc(known, func(t store.Team) bool { return t.Name == name })
		if i < 0 {
			t := store.Team{ID: bot.NewID(), Name: strings.Join(strings.Fields(name), " ")}
			if t.Name == "" || utf8.RuneCountInString(t.Name) > 20 {
				return nil, fmt.Errorf("%w: --team has 1 to 20 characters", errUsage)
			}
			tr := byCommand("team.add", t.Name)
			if err := s.SaveTeam(ctx, t, tr.At, tr); err != nil {
				return nil, err
			}
			known, i = append(known, t), len(known)
		}
		if !slices.Contains(out, known[i].ID) {
			out = append(out, known[i].ID)
		}
	}
	return out, nil
}

// named finds an agent by the name he logs in with.
func named(ctx context.Context, s *store.Store, name string) (store.Agent, error) {
	a, err := s.AgentByName(ctx, name)
	if errors.Is(err, bot.ErrNotFound) {
		return a, fmt.Errorf("there is no agent %q", name)
	}
	return a, err
}

func agentPasswd() *cobra.Command {
	return &cobra.Command{Use: "passwd NAME", Short: "Give an agent a new one-time password; its sessions end at once", Args: someArgs(1, "a name"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withStore(cmd, func(ctx context.Context, s *store.Store) error {
				a, err := named(ctx, s, args[0])
				if err != nil {
					return err
				}
				password := oneTime()
				hash, err := web.HashPassword(password)
				if err != nil {
					return err
				}
				if err := s.SetPassword(ctx, a.ID, hash, true, byCommand("people.password", a.Name)); err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "agent %s, one-time password %s\n", a.Name, password)
				return nil
			})
		}}
}

func agentList() *cobra.Command {
	var asJSON bool
	list := &cobra.Command{Use: "list", Short: "Print the agents", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd, func(ctx context.Context, s *store.Store) error {
				all, err := s.Agents(ctx)
				if err != nil {
					return err
				}
				known, err := s.Teams(ctx)
				if err != nil {
					return err
				}
				type line struct {
					Name     string   `json:"name"`
					Display  string   `json:"display"`
					Role     string   `json:"role"`
					Teams    []string `json:"teams"`
					Skills   []string `json:"skills"`
					Capacity int      `json:"capacity"`
					Disabled bool     `json:"disabled"`
				}
				lines := []line{}
				for _, a := range all {
					l := line{a.Name, a.Display, a.Role, []string{}, append([]string{}, a.Skills...), a.Capacity, a.Disabled}
					for _, t := range known {
						if slices.Contains(a.Teams, t.ID) {
							l.Teams = append(l.Teams, t.Name)
						}
					}
					lines = append(lines, l)
				}
				if asJSON {
					e := json.NewEncoder(cmd.OutOrStdout())
					e.SetIndent("", "  ")
					return e.Encode(map[string]any{"agents": lines})
				}
				w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
				fmt.Fprintln(w, "NAME\tSHOWN AS\tROLE\tTEAMS\tSKILLS\tCAPACITY\tSTATE")
				for _, l := range lines {
					state := map[bool]string{true: "disabled", false: "enabled"}[l.Disabled]
					fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%s\n", l.Name, cmp.Or(l.Display, l.Name), l.Role, strings.Join(l.Teams, ", "),
						cmp.Or(strings.Join(l.Skills, ", "), "all"), l.Capacity, state)
				}
				return w.Flush()
			})
		}}
	list.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return list
}

func agentDisable() *cobra.Command {
	var undo bool
	disable := &cobra.Command{Use: "disable NAME", Short: "Let an agent in no more; its sessions end at once, what it did stays", Args: someArgs(1, "a name"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withStore(cmd, func(ctx context.Context, s *store.Store) error {
				a, err := named(ctx, s, args[0])
				if err != nil {
					return err
				}
				a.Disabled = !undo
				state := map[bool]string{true: "disabled", false: "enabled"}[a.Disabled]
				err = s.UpdateAgent(ctx, a, byCommand("people.change", a.Name+"; "+state))
				if errors.Is(err, store.ErrLastAdmin) {
					return fmt.Errorf("%s is the last admin who can log in; make another one first", a.Name)
				}
				if err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "agent %s is %s\n", a.Name, state)
				return nil
			})
		}}
	disable.Flags().BoolVar(&undo, "undo", false, "let the agent in again")
	return disable
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
