// Who asks: a merchant whose record would help proves for whom he speaks, by a code that the acquirer sends to the number on file.

package flows

// Kinds of a Prompt of a binding.
const (
	PromptNumber = "number" // the next line is a merchant number
	PromptCode   = "code"   // the next line is the code, or another merchant number
)

// Proof is a kind of an Input: what became of a start or a code, by Input.Proof. A code that was right comes as Bound.
const Proof = "proof"

// What became of it.
const (
	ProofSent    = "sent"    // the acquirer has answered; whether there was somebody to send a code to, nobody says
	ProofUnsent  = "unsent"  // nobody knows whether a code was sent
	ProofRefused = "refused" // the code was wrong, old or used, or not for this
	ProofUnknown = "unknown" // nobody knows whether the code was taken
	ProofFailed  = "failed"  // no codes are sent
)

// What Outcome.Verify wants done.
const (
	VerifyStart   = "start"   // have a code sent for Input.Number
	VerifyConfirm = "confirm" // hold the code against the one that was sent
)

// verifies says that the merchant can prove who he is. A flow of an older program does not ask.
func (d *talk) verifies() bool {
	return d.in.Binds && !d.in.Bound && d.f.edge("proposing", "verify") != nil
}

// decision is the question whether the acquirer shall be told, with what this merchant can choose.
func (d *talk) decision() (p *Prompt, key string) {
	switch {
	case d.files():
		return &Prompt{Kind: PromptDecide, Choices: d.f.choice("ticket", "unsolved", "human")}, "decide.ticket"
	case d.verifies() && !d.in.Spent:
		return &Prompt{Kind: PromptDecide, Choices: d.f.choice("verify", "request", "unsolved", "human")}, "decide.verify"
	}
	return &Prompt{Kind: PromptDecide, Choices: d.f.choice("request", "unsolved", "human")}, d.request("decide.request", "decide.person")
}

// decideKey is the text of a decision that is on the screen.
func (d *talk) decideKey() string {
	if p := d.st.Pending; !d.files() && len(p.Choices) > 0 && p.Choices[0].ID == "verify" {
		return "decide.verify"
	} else if d.files() {
		return "decide.ticket"
	}
	return d.request("decide.request", "decide.person")
}

// verify asks for the merchant number.
func (d *talk) verify() {
	switch {
	case !d.verifies() || d.f.edge(d.st.At, "verify") == nil:
		if !d.again("asking.next") {
			d.listen("repeat.none")
		}
	case d.in.Spent:
		d.spent()
	default:
		d.st.For, d.st.Back = "", nil
		d.askNumber("verify.number")
	}
}

// wishes takes the wish to prove for whom he speaks, which nobody has asked for.
func (d *talk) wishes() {
	switch {
	case d.st.Waits == VerifyStart || d.st.Waits == VerifyConfirm:
		d.decide("acquirer")
		d.say("verify.still").Progress = true
	case asks(d.st, PromptNumber, PromptCode):
		d.decide("acquirer")
		d.again("asking.next")
	case d.in.Bound:
		d.decide("answer")
		d.say("bind.already")
		d.again("asking.back")
	case !d.verifies():
		d.told() // no codes are sent here: it may be about something else
	case d.in.Spent:
		d.spent()
	default:
		d.understood()
		d.wished()
		d.askNumber("verify.number")
	}
}

// wished notes which question stood when he wished to prove, unless that was whether he wants to.
func (d *talk) wished() {
	if Offers(d.st, "verify") {
		d.st.For, d.st.Back = "", nil
		return
	}
	back := d.st.Pending
	d.towards("verify")
	d.st.For, d.st.Back = ForWish, back
}

// takesNumber says that a merchant number that nobody has asked for begins a proof.
func (d *talk) takesNumber() bool {
	return d.verifies() && d.speaks() && (d.st.Waits == "" || d.st.Waits == VerifyStart)
}

func (d *talk) askNumber(key string) {
	d.decide("acquirer")
	d.st.Pending, d.st.Waits = &Prompt{Kind: PromptNumber, Choices: d.f.choice("later", "request", "human")}, ""
	d.question(key)
	d.move("verify")
}

func (d *talk) askCode(key string) {
	d.decide("acquirer")
	d.st.Pending, d.st.Waits = &Prompt{Kind: PromptCode, Choices: d.f.choice("later", "request", "human")}, ""
	d.question(key)
	d.move("verify")
}

// sendCode has a code sent and waits for it.
func (d *talk) sendCode(key string) {
	d.decide("acquirer")
	d.st.Pending = &Prompt{Kind: PromptCode, Choices: d.f.choice("later", "request", "human")}
	d.st.Waits, d.out.Verify, d.st.Coming = VerifyStart, VerifyStart, true
	d.say(key).Progress = true
	d.move("verify")
}

// later goes back to the decision that the proof was meant for, or to the question that stood when it was wished for.
func (d *talk) later() {
	wished, back := d.st.For == ForWish, d.st.Back
	d.st.Pending, d.st.Waits, d.st.For, d.st.Back, d.st.Coming = nil, "", "", nil, false
	switch {
	case wished && back != nil:
		d.st.Pending = back
		d.again("asking.back")
		d.stand()
	case wished || d.st.Topic == nil:
		d.listen("repeat.none")
	default:
		d.askDecision()
	}
}

// spent says that there are no tries left today. The way out is a person, or a request that a person takes.
func (d *talk) spent() {
	d.decide("human")
	d.st.Waits = ""
	d.st.Pending = &Prompt{Kind: PromptDecide, Choices: d.f.choice("request", "human")}
	d.say("verify.spent").Choices = d.st.Pending.Choices
	d.move("propose")
}

// proves handles a number or a code that is asked for, and a code that is not. It reports whether the line is dealt with.
func (d *talk) proves() bool {
	if d.in.Kind != Said {
		return false
	}
	if d.st.At == "closed" && d.in.Number != "" && d.verifies() {
		d.reset()
		d.move("listen")
	}
	waits := d.st.Waits == VerifyStart || d.st.Waits == VerifyConfirm
	switch number, code := asks(d.st, PromptNumber, PromptCode) || d.takesNumber(), asks(d.st, PromptCode); {
	case d.in.Coded && !code && d.st.Coming && !d.in.Expired && !d.in.Spent && d.verifies() && d.speaks() && d.st.Waits == "":
		d.decide("acquirer") // he has spoken of something else meanwhile, which stands
		d.st.Waits, d.out.Verify = VerifyConfirm, VerifyConfirm
		d.say("verify.checking").Progress = true
	case d.in.Coded && !code:
		d.decide("answer")
		d.say("verify.late")
		if d.speaks() && !d.again("asking.back") && d.st.At != "closed" {
			d.say("again")
		}
	case d.in.Coded && waits, number && d.in.Number != "" && d.st.Waits == VerifyConfirm:
		d.say("verify.still").Progress = true
	case d.in.Coded && d.in.Spent, number && d.in.Number != "" && d.in.Spent:
		d.spent()
	case d.in.Coded && d.in.Expired:
		d.askNumber("verify.expired")
	case d.in.Coded:
		d.st.Misses = 0
		d.decide("acquirer")
		d.st.Waits, d.out.Verify = VerifyConfirm, VerifyConfirm
		d.say("verify.checking").Progress = true
		d.move("verify")
	case d.in.Bound && d.in.Number != "" && !asks(d.st, PromptNumber, PromptCode) && d.speaks() && d.st.Waits == "":
		d.wishes()
	case number && d.in.Number != "":
		d.st.Misses = 0
		if !asks(d.st, PromptNumber, PromptCode) {
			d.wished()
		}
		d.sendCode("verify.sending")
	case asks(d.st, PromptNumber, PromptCode) && !d.in.Coded && d.in.Number == "" && d.f.missesCode(d.in.Text):
		d.st.Misses = 0
		if code {
			d.askCode("verify.missing")
		} else {
			d.again("asking.next")
		}
	case asks(d.st, PromptNumber, PromptCode) && d.in.NotNumber:
		d.st.Misses++
		if d.st.Misses >= d.f.Limits.Misses {
			d.say("miss.person")
			d.handover(d.f.gaveUp(d.st.At))
			return true
		}
		d.question("verify.digits")
		d.move("verify")
	default:
		return false
	}
	return true
}

// proof takes in what became of a start or a code. Who has turned to a person meanwhile is not asked for anything.
func (d *talk) proof() {
	waited := d.st.Waits == VerifyStart || d.st.Waits == VerifyConfirm
	if !waited {
		return
	}
	d.st.Waits = ""
	d.st.Coming = d.st.Coming && (d.in.Proof == ProofSent || d.in.Proof == ProofUnsent || d.in.Proof == ProofRefused && !d.in.Spent)
	if !d.speaks() {
		return
	}
	here := asks(d.st, PromptNumber, PromptCode)
	switch {
	case !here && d.in.Proof == ProofSent: // he has come to something else
	case !here:
		d.say("verify.not")
		d.again("asking.back")
	case d.in.Proof == ProofSent:
		d.askCode("verify.sent")
	case d.in.Proof == ProofUnsent:
		d.askCode("verify.unsent")
	case d.in.Proof == ProofRefused && d.in.Spent:
		d.spent()
	case d.in.Proof == ProofRefused:
		d.askCode("verify.refused")
	case d.in.Proof == ProofUnknown:
		d.askNumber("verify.unknown")
	default:
		d.decide("human")
		d.st.Pending = &Prompt{Kind: PromptDecide, Choices: d.f.choice("request", "human")}
		d.say("verify.failed").Choices = d.st.Pending.Choices
		d.move("propose")
	}
}

// missesCode says that the code of a proof has not come.
func (f *Flow) missesCode(text string) bool {
	s, w := plain(text), f.Intents["nocode"]
	return f.whole(s, w.Whole) || short(s) && f.within(s, w.Within)
}

// Unbinds says that a message takes the binding back.
func (f *Flow) Unbinds(text string) bool { return f.intent(text) == "unbind" }

// unbound says that the address speaks for nobody any more. The binding was dropped before, see Forget. Who waits for a person keeps
// his place.
func (d *talk) unbound() {
	d.decide("answer")
	if !d.in.Unbound {
		d.say("unbind.none")
		if d.speaks() {
			d.again("asking.back")
		}
		return
	}
	d.say("unbind.done")
	if !d.speaks() {
		return
	}
	d.st.Pending, d.st.Waits = nil, ""
	d.move("listen")
}
