package store

import (
	"context"
	"errors"
	"fmt"

	"posdoctor/bot"
)

// Site is a page on which the widget may stand: a JSON document of channels/web, with its keys.
type Site struct {
	ID      string
	Value   string
	Version int64 // counts the changes of Value; who changes it names the version he saw
	At      int64 // of the last change, milliseconds
	Agent   string
	Keys    []SiteKey // the oldest first
}

// SiteKey verifies what the site's server signs.
type SiteKey struct {
	KID    string
	Alg    string // HS256 or EdDSA
	Secret string // base64: the shared secret, or the public key
	At     int64  // when it was made, milliseconds
	Agent  string
}

// MaxSiteKeys is how many keys of a site are good at once: the one in use, and the next one while servers change over.
const MaxSiteKeys = 2

// ErrKeys refuses a further key.
var ErrKeys = errors.New("the site has two keys already")

// Sites returns all sites by id, with their keys.
func (s *Store) Sites(ctx context.Context) ([]Site, error) {
	rows, err := s.query(ctx, `SELECT s.id, s.value, s.version, s.at, s.agent, COALESCE(k.kid, ''), COALESCE(k.alg, ''), COALESCE(k.secret, ''),
		COALESCE(k.at, 0), COALESCE(k.agent, '') FROM sites s LEFT JOIN site_keys k ON k.site = s.id ORDER BY s.id, k.at, k.kid`)
	if err != nil {
		return nil, fmt.Errorf("reading the sites: %w", err)
	}
	defer rows.Close()
	var out []Site
	for rows.Next() {
		var x Site
		var k SiteKey
		if err := rows.Scan(&x.ID, &x.Value, &x.Version, &x.At, &x.Agent, &k.KID, &k.Alg, &k.Secret, &k.At, &k.Agent); err != nil {
			return nil, fmt.Errorf("reading the sites: %w", err)
		}
		if n := len(out); n == 0 || out[n-1].ID != x.ID {
			out = append(out, x)
		}
		if k.KID != "" {
			last := &out[len(out)-1]
			last.Keys = append(last.Keys, k)
		}
	}
	return out, rows.Err()
}

// SaveSite writes a site over the version that its writer saw, 0 for a new one, and returns the new version. bot.ErrConflict: somebody
// changed it meanwhile, or it is there already.
func (s *Store) SaveSite(ctx context.Context, x Site, traces ...Trace) (int64, error) {
	err := s.w.do(ctx, func(t *tx) error {
		query := `UPDATE sites SET value = $2, version = version + 1, at = $4, agent = $5 WHERE id = $1 AND version = $3`
		if x.Version == 0 {
			query = `INSERT INTO sites (id, value, version, at, agent) VALUES ($1, $2, $3 + 1, $4, $5) ON CONFLICT (id) DO NOTHING`
		}
		n, err := t.exec(query, x.ID, x.Value, x.Version, x.At, x.Agent)
		if err == nil && n == 0 {
			err = bot.ErrConflict
		}
		if err != nil {
			return err
		}
		return trace(t, traces)
	})
	if err != nil {
		return 0, fmt.Errorf("writing the site %s: %w", x.ID, err)
	}
	return x.Version + 1, nil
}

// RemoveSite takes a site out with its keys. Its conversations stay.
func (s *Store) RemoveSite(ctx context.Context, id string, traces ...Trace) error {
	return s.w.do(ctx, func(t *tx) error {
		if _, err := t.exec(`DELETE FROM site_keys WHERE site = $1`, id); err != nil {
			return err
		}
		n, err := t.exec(`DELETE FROM sites WHERE id = $1`, id)
		return changed(t, n, err, traces)
	})
}

// AddSiteKey gives a site a further key. ErrKeys: it has as many as may be. bot.ErrNotFound: there is no such site.
func (s *Store) AddSiteKey(ctx context.Context, site string, k SiteKey, traces ...Trace) error {
	return s.w.do(ctx, func(t *tx) error {
		// One statement that counts and writes: two writers cannot both find room.
		n, err := t.exec(`INSERT INTO site_keys (kid, site, alg, secret, at, agent)
			SELECT $1, s.id, $3, $4, $5, $6 FROM sites s WHERE s.id = $2 AND (SELECT count(*) FROM site_keys k WHERE k.site = $2) < $7`,
			k.KID, site, k.Alg, k.Secret, k.At, k.Agent, int64(MaxSiteKeys))
		if err != nil || n == 1 {
			return changed(t, n, err, traces)
		}
		n, err = t.exec(`UPDATE sites SET at = at WHERE id = $1`, site)
		if err == nil && n == 0 {
			return bot.ErrNotFound
		}
		if err == nil {
			err = ErrKeys
		}
		return err
	})
}

// RemoveSiteKey takes a key out: what it signs is refused from then on.
func (s *Store) RemoveSiteKey(ctx context.Context, site, kid string, traces ...Trace) error {
	return s.w.do(ctx, func(t *tx) error {
		n, err := t.exec(`DELETE FROM site_keys WHERE site = $1 AND kid = $2`, site, kid)
		return changed(t, n, err, traces)
	})
}

// UseIdentity notes that a signed identity that is good once was used; until is when it expires, milliseconds. bot.ErrDuplicate: it was
// used before. What has expired is forgotten.
func (s *Store) UseIdentity(ctx context.Context, id string, until, now int64) error {
	return s.w.do(ctx, func(t *tx) error {
		if _, err := t.exec(`DELETE FROM used_identities WHERE until < $1`, now); err != nil {
			return err
		}
		n, err := t.exec(`INSERT INTO used_identities (id, until) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING`, id, until)
		if err == nil && n == 0 {
			return bot.ErrDuplicate
		}
		return err
	})
}
