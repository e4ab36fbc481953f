package bot_test

import (
	"strings"
	"testing"

	"posdoctor/bot"
	"posdoctor/knowledge"
)

// A card says from which state of the library its entry is, and its day where the entry has one; the plain text has neither.
func TestCardSource(t *testing.T) {
	lib, err := knowledge.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	book, err := bot.NewPlaybook(lib)
	if err != nil {
		t.Fatal(err)
	}
	for _, day := range []string{"", "2026-03-01"} {
		a, ok := lib.Article("code-51")
		if !ok {
			t.Fatal("there is no entry code-51")
		}
		top := *a
		top.Updated = day
		turn, err := bot.NewEngine(book).Turn(bot.Conversation{ID: "c", Address: bot.Address{Channel: "web", Account: "demo", User: "u"}}, bot.Event{ID: "e", Key: "e", Kind: bot.EventSaid, At: 1_700_000_000_000,
			Playbook: book.Version, CID: "1", Text: "提示51", Desk: &bot.DeskStatus{}, Finding: &bot.Finding{Revision: "0123456789ab", Top: &top, P: 1}})
		if err != nil {
			t.Fatal(err)
		}
		var card *bot.Card
		var text string
		for _, m := range turn.Messages() {
			if m.Card != nil {
				card, text = m.Card, m.Text
			}
		}
		if card == nil || card.Article != "code-51" || card.Revision != "0123456789ab" || card.Updated != day {
			t.Errorf("with the day %q the card is %+v", day, card)
		}
		if strings.Contains(text, "0123456789ab") {
			t.Errorf("the plain text names the revision: %s", text)
		}
	}
}
