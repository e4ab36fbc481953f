package store

import (
	"context"
	"fmt"
	"time"

	"posdoctor/bot"
)

// Resume makes due at once what a process that ended had taken up for the acquirer, and has timers that give up a record come no sooner than
// after grace: else a merchant would be told that his record could not be read, a moment before it is. It is for who serves a folder alone,
// before it begins.
func (s *Store) Resume(ctx context.Context, now time.Time, grace time.Duration) error {
	err := s.w.do(ctx, func(t *tx) error {
		if _, err := t.exec(`UPDATE outbox SET due_at = $1 WHERE target = $2 AND attempts > 0 AND due_at > $1`, now.UnixMilli(), bot.TargetAcquirer); err != nil {
			return err
		}
		_, err := t.exec(`UPDATE due SET due_at = $1 WHERE kind = $2 AND due_at < $1`, now.Add(grace).UnixMilli(), bot.TimerRecord)
		return err
	})
	if err != nil {
		return fmt.Errorf("taking up what was under way: %w", err)
	}
	return nil
}
