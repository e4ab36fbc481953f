package bot

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"posdoctor/flows"
)

// Limits of a proof by the acquirer.
const (
	triesMost  = 5                     // wrong numbers, and wrong codes, of one address and of one merchant number on a day
	codeFor    = 5 * time.Minute       // how long a code is good
	codesLate  = 30 * time.Minute      // how long after a start six digits are taken for a code, and kept out of all that is stored
	bindingFor = 90 * 24 * time.Hour   // how long a binding holds that was proven by a code
	codeToken  = "[验证码]"               // stands in place of a code
	numberLen  = 15                    // digits of a merchant number
	codeLen    = 6                     // digits of a code
	lessLen    = 8                     // digits from which a number is meant as a merchant number and is none
	numberGaps = " -_\t\n·•・－—–\u3000" // may stand within a merchant number or a code
)

// ProofRefused is the error of a code that was wrong, old or used, or for a number that nobody has.
const ProofRefused = "REFUSED"

// Proving is how far an address is with proving for which merchant it speaks. Number and Request are forgotten when it is over; the code
// is never in here.
type Proving struct {
	Number  string `json:"number,omitempty"`  // as the merchant typed it, digits only
	Request string `json:"request,omitempty"` // of the start; the code is good for it alone
	Call    string `json:"call,omitempty"`    // the call whose answer counts
	At      int64  `json:"at,omitempty"`      // of the last start, milliseconds
	Day     string `json:"day,omitempty"`     // in Beijing, on which the tries are counted
	Tries
}

// Tries counts what was tried on a day and has not proven right.
type Tries struct {
	Starts int `json:"starts,omitempty"`
	Codes  int `json:"codes,omitempty"`
}

// spent says that no more may be tried.
func (n Tries) spent() bool { return n.Starts >= triesMost || n.Codes >= triesMost }

// ProofRequest asks the acquirer for a code, or holds one against it. Service fills in Code, which is in no event; the row of the outbox
// that carries it goes when the call is settled.
type ProofRequest struct {
	Request string `json:"request"`
	Number  string `json:"number,omitempty"` // start
	Code    string `json:"code,omitempty"`   // confirm
	At      int64  `json:"at"`               // when it was asked for, milliseconds
}

var beijing = time.FixedZone("UTC+8", 8*60*60)

func dayOf(ms int64) string { return time.UnixMilli(ms).In(beijing).Format(time.DateOnly) }

// proving is a copy of what the conversation has, with the tries of this day.
func (t *turn) proving() Proving {
	var p Proving
	if t.next.Proving != nil {
		p = *t.next.Proving
	}
	if day := dayOf(t.ev.At); p.Day != day {
		p.Day, p.Tries = day, Tries{}
	}
	return p
}

// expects says that six digits that come now may be a code.
func (c Conversation) expects(at int64) bool {
	return c.Proving != nil && at-c.Proving.At < codesLate.Milliseconds()
}

// reproves says that a tap or a word may have a code sent for the number that is known.
func (c Conversation) reproves() bool {
	p := c.Dialogue.Pending
	return c.Binding != nil && c.Binding.Number != "" && !c.asksProof() && (p == nil || p.Kind == flows.PromptDecide || p.Kind == flows.PromptFile)
}

// numberWords may stand beside a merchant number that is meant as one.
var numberWords = strings.NewReplacer("商户号码", "", "商户编号", "", "商户代码", "", "商户号", "", "商户", "", "商编", "", "编号", "", "号码", "", "我们的", "", "我的", "", "我们", "", "店里的", "",
	"请", "", "帮我", "", "重新", "", "验证", "", "绑定", "", "一下", "", "就是", "", "是", "", "为", "", "我", "")

// typed is the merchant number in a line that is for a proof, and whether there are digits that are none. Where a number is asked for,
// any 15 digits may be one; elsewhere they begin with 8 and stand alone or with their name, for orders and machines have as many.
func (c Conversation) typed(text string) (number string, other bool) {
	if number, other = merchantNumber(text); c.asksProof() {
		return number, other
	}
	word := func(r rune) bool { return !isDigit(r) && !unicode.IsSpace(r) && !unicode.IsPunct(r) }
	if !strings.HasPrefix(number, "8") || strings.ContainsFunc(numberWords.Replace(text), word) {
		return "", false
	}
	return number, false
}

// asksProof says that a number or a code is asked for.
func (c Conversation) asksProof() bool {
	p := c.Dialogue.Pending
	return p != nil && (p.Kind == flows.PromptNumber || p.Kind == flows.PromptCode)
}

// proofInput puts into the flow's input what the event says of a proof.
func (t *turn) proofInput(in *flows.Input) {
	p := t.proving()
	in.Binds, in.Coded = t.ev.Binds, t.ev.Coded
	in.Spent = p.spent()
	if t.ev.Kind == EventSaid && !in.Coded {
		in.Number, in.NotNumber = t.next.typed(t.ev.Text)
	}
	if t.ev.Tries != nil && (in.Coded || in.Number != "" || t.next.reproves()) {
		in.Spent = in.Spent || t.ev.Tries.spent()
	}
	in.Expired = in.Coded && t.ev.At-p.At >= codeFor.Milliseconds()
}

// proofEvent takes in what became of a start or a code. It reports false for the answer to a call that was replaced, dropped or given up.
func (t *turn) proofEvent(in *flows.Input) bool {
	p := t.proving()
	if t.ev.Call == "" || t.ev.Call != p.Call {
		return false
	}
	confirmed := strings.HasSuffix(p.Call, OpConfirm)
	p.Call = ""
	switch {
	case t.ev.Binding != nil:
		p.Starts, p.Codes = max(0, p.Starts-1), max(0, p.Codes-1) // they were right
		p.Number, p.Request = "", ""
	case t.ev.Error == ProofRefused:
		in.Proof = flows.ProofRefused
	case confirmed:
		in.Proof = flows.ProofUnknown
		p.Number, p.Request = "", "" // the code may be used up
	case t.ev.Error == "":
		in.Proof = flows.ProofSent
	case t.ev.Error == CodeTimeout || t.ev.Error == CodeUnavailable:
		in.Proof = flows.ProofUnsent
	default:
		in.Proof = flows.ProofFailed
		p.Number, p.Request = "", ""
	}
	t.next.Proving = &p
	in.Spent = p.spent()
	return true
}

// prove carries out what the flow wants of a proof.
func (t *turn) prove(what, number string) {
	p := t.proving()
	req := ProofRequest{At: t.ev.At}
	op := OpStart
	switch what {
	case flows.VerifyStart: // in place of one before
		if number == "" && t.next.Binding != nil {
			number = t.next.Binding.Number // he proves anew what he has proven
		}
		p.Number, p.Request, p.At = number, "B"+strings.ReplaceAll(t.ev.ID, "-", ""), t.ev.At
		p.Starts++
		req.Number = number
	case flows.VerifyConfirm:
		op = OpConfirm
		p.Codes++
	default:
		return
	}
	req.Request = p.Request
	p.Call = t.ev.ID + "-" + op
	t.next.Proving = &p
	t.effects = append(t.effects, Effect{Call: &Call{ID: p.Call, Op: op, Proof: &req}})
}

// bind makes the address speak for a merchant. What was known of another one is forgotten before.
func (t *turn) bind(b Binding) {
	if was := t.next.Binding; was == nil || was.Merchant != b.Merchant {
		t.forget()
		t.warnOthers(b)
	}
	b.Listed = false
	t.next.Binding = &b
}

// unbind makes the address speak for nobody. It reports whether it spoke for somebody.
func (t *turn) unbind() bool {
	was := t.next.Binding != nil
	t.forget()
	t.next.Binding = nil
	return was
}

// forget drops all that was learnt of the merchant, and a proof under way: its answer no longer counts.
func (t *turn) forget() {
	t.next.Dialogue = flows.Forget(t.next.Dialogue)
	if t.next.Awaits != "" {
		t.next.Awaits = ""
	}
	t.cancel(TimerRecord)
	if t.next.Proving != nil {
		p := t.proving()
		p.Number, p.Request, p.Call = "", "", ""
		t.next.Proving = &p
	}
}

// expireBinding ends a binding that was proven long ago.
func (t *turn) expireBinding() {
	if t.next.Binding != nil && t.next.Speaks(t.ev.At) == nil {
		t.unbind()
	}
}

// Speaks is the binding as it holds at a time, in milliseconds; nil when the conversation speaks for nobody then. Who reads a conversation
// between its turns asks this and not for Binding, which the next turn alone ends.
func (c Conversation) Speaks(at int64) *Binding {
	if b := c.Binding; b != nil && b.Proof == "acquirer" && at-b.At >= bindingFor.Milliseconds() {
		return nil
	}
	return c.Binding
}

// numberIn is a number in a text, in any spelling.
type numberIn struct {
	digits  string
	at, end int
}

// numbersIn lists the numbers of a text; groups with one gap between them are one.
func numbersIn(s string) (out []numberIn) {
	open, gap := false, 0
	for i := 0; i < len(s); {
		r, w := utf8.DecodeRuneInString(s[i:])
		switch v := digit(r); {
		case v >= 0:
			if !open {
				out = append(out, numberIn{at: i})
			}
			n := &out[len(out)-1]
			n.digits += string(rune('0' + v))
			n.end, open, gap = i+w, true, 0
		case isInvisible(r):
		case open && gap == 0 && strings.ContainsRune(numberGaps, r):
			gap++
		default:
			open = false
		}
		i += w
	}
	return out
}

// merchantNumber is the one merchant number in a text, and whether there are digits that are none, such as a terminal's number.
func merchantNumber(s string) (number string, other bool) {
	for _, n := range numbersIn(s) {
		switch {
		case len(n.digits) == numberLen && number != "" && number != n.digits:
			return "", true // which of the two?
		case len(n.digits) == numberLen:
			number = n.digits
		case len(n.digits) >= lessLen:
			other = true
		}
	}
	return number, other && number == ""
}

// takeCodes takes what may be a code out of a text and returns the different ones.
func takeCodes(s string) (codes []string, rest string) {
	var out strings.Builder
	tail := 0
	for _, n := range numbersIn(s) {
		if len(n.digits) != codeLen || unit(s[n.end:]) || strings.HasPrefix(s[n.end:], "*") || n.at > 0 && strings.ContainsRune("*.￥¥", lastRune(s[:n.at])) {
			continue
		}
		if !slices.Contains(codes, n.digits) {
			codes = append(codes, n.digits)
		}
		out.WriteString(s[tail:n.at] + codeToken)
		tail = n.end
	}
	return codes, out.String() + s[tail:]
}

func lastRune(s string) rune {
	r, _ := utf8.DecodeLastRuneInString(s)
	return r
}
