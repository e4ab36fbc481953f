package contract

// Word is a text of which some are known. Words lists them; the last one stands for all that are not, see Settle.
type Word interface{ Words() []string }

// MerchantStatus is a merchant's state as a whole.
type MerchantStatus string

// States of a merchant.
const (
	MerchantActive        MerchantStatus = "ACTIVE"
	MerchantPendingReview MerchantStatus = "PENDING_REVIEW"
	MerchantRiskHold      MerchantStatus = "RISK_HOLD"
	MerchantFundsHeld     MerchantStatus = "FUNDS_HELD"
	MerchantSuspended     MerchantStatus = "SUSPENDED"
	MerchantDormant       MerchantStatus = "DORMANT"
	MerchantDocsExpired   MerchantStatus = "DOCS_EXPIRED"
	MerchantClosed        MerchantStatus = "CLOSED"
	MerchantUnknown       MerchantStatus = "UNKNOWN"
)

// Words of a merchant's state.
func (MerchantStatus) Words() []string {
	return []string{"ACTIVE", "PENDING_REVIEW", "RISK_HOLD", "FUNDS_HELD", "SUSPENDED", "DORMANT", "DOCS_EXPIRED", "CLOSED", "UNKNOWN"}
}

// TerminalStatus is a terminal's state.
type TerminalStatus string

// States of a terminal.
const (
	TerminalActive         TerminalStatus = "ACTIVE"
	TerminalNotActivated   TerminalStatus = "NOT_ACTIVATED"
	TerminalNotRegistered  TerminalStatus = "NOT_REGISTERED"
	TerminalBoundElsewhere TerminalStatus = "BOUND_ELSEWHERE"
	TerminalLockedLocation TerminalStatus = "LOCKED_LOCATION"
	TerminalLockedTamper   TerminalStatus = "LOCKED_TAMPER"
	TerminalDisabled       TerminalStatus = "DISABLED"
	TerminalOffline        TerminalStatus = "OFFLINE"
	TerminalUnknown        TerminalStatus = "UNKNOWN"
)

// Words of a terminal's state.
func (TerminalStatus) Words() []string {
	return []string{"ACTIVE", "NOT_ACTIVATED", "NOT_REGISTERED", "BOUND_ELSEWHERE", "LOCKED_LOCATION", "LOCKED_TAMPER", "DISABLED", "OFFLINE", "UNKNOWN"}
}

// Reason is why something is limited.
type Reason string

// Reasons of a restriction.
const (
	ReasonDocsExpired     Reason = "DOCS_EXPIRED"
	ReasonInfoMismatch    Reason = "INFO_MISMATCH"
	ReasonNoTrade         Reason = "NO_TRADE"
	ReasonSettleAccount   Reason = "SETTLE_ACCOUNT"
	ReasonRisk            Reason = "RISK"
	ReasonInspection      Reason = "INSPECTION"
	ReasonJudicial        Reason = "JUDICIAL"
	ReasonContractEnded   Reason = "CONTRACT_ENDED"
	ReasonTerminalBinding Reason = "TERMINAL_BINDING"
	ReasonLimit           Reason = "LIMIT"
	ReasonPlatformFault   Reason = "PLATFORM_FAULT"
	ReasonOther           Reason = "OTHER"
)

// Words of a reason.
func (Reason) Words() []string {
	return []string{"DOCS_EXPIRED", "INFO_MISMATCH", "NO_TRADE", "SETTLE_ACCOUNT", "RISK", "INSPECTION", "JUDICIAL", "CONTRACT_ENDED",
		"TERMINAL_BINDING", "LIMIT", "PLATFORM_FAULT", "OTHER"}
}

// Switch says whether something is possible.
type Switch string

// What a Switch says.
const (
	Yes       Switch = "YES"
	No        Switch = "NO"
	Undecided Switch = "UNKNOWN"
)

// Words of a switch.
func (Switch) Words() []string { return []string{"YES", "NO", "UNKNOWN"} }

// Function is something that a merchant does at the acquirer.
type Function string

// Functions that may be restricted.
const (
	FunctionCollect  Function = "COLLECT"  // take payments
	FunctionRefund   Function = "REFUND"   // give them back
	FunctionWithdraw Function = "WITHDRAW" // take the money out
	FunctionSettle   Function = "SETTLE"   // be paid out
	FunctionD0       Function = "D0"       // be paid out the same day
	FunctionOther    Function = "OTHER"
)

// Words of a function.
func (Function) Words() []string {
	return []string{"COLLECT", "REFUND", "WITHDRAW", "SETTLE", "D0", "OTHER"}
}

// Measure is what was done to a merchant, by the codes of the payment and clearing association (中国支付清算协会).
type Measure string

// Measures. The text behind each is the association's, shortened.
const (
	MeasureEndContract    Measure = "01"
	MeasureRefuse         Measure = "02"
	MeasureStopSettlement Measure = "03"
	MeasureFreezeAccount  Measure = "04"
	MeasureChangeCycle    Measure = "05"
	MeasureDelay          Measure = "06" // settlement is delayed
	MeasureCapReceipts    Measure = "07"
	MeasureStopCards      Measure = "08"
	MeasureTakeTerminal   Measure = "09" // terminal taken back, or interface closed
	MeasureWatch          Measure = "10"
	MeasureReport         Measure = "11" // reported as suspicious
	MeasureOther          Measure = "99"
)

// Words of a measure.
func (Measure) Words() []string {
	return []string{"01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "99"}
}

// Timing says when a restriction works.
type Timing string

// When a restriction works.
const (
	Immediate     Timing = "IMMEDIATE"
	Delayed       Timing = "DELAYED"
	TimingUnknown Timing = "UNKNOWN"
)

// Words of a timing.
func (Timing) Words() []string { return []string{"IMMEDIATE", "DELAYED", "UNKNOWN"} }

// SignState says whether a terminal is signed on.
type SignState string

// Words of a sign-on state.
func (SignState) Words() []string {
	return []string{"INITIAL", "SIGNED_ON", "SIGNED_OFF", "IN_REPAIR", "UNKNOWN"}
}

// KeyState says whether a terminal has its keys.
type KeyState string

// Words of a key state. Keys that are MISSING can only be loaded by the acquirer or its engineer.
func (KeyState) Words() []string { return []string{"LOADED", "MISSING", "EXPIRED", "UNKNOWN"} }

// SIMStatus is the state of the card with which a terminal reaches the network.
type SIMStatus string

// Words of a SIM card's state.
func (SIMStatus) Words() []string {
	return []string{"ACTIVE", "INVENTORY", "SUSPENDED", "EXPIRED", "NONE", "UNKNOWN"}
}

// VerifyState says whether a settlement account was verified.
type VerifyState string

// Outcomes of a verification.
const (
	VerifyOK      VerifyState = "OK"
	VerifyFailed  VerifyState = "FAILED"
	VerifyPending VerifyState = "PENDING"
	VerifyUnknown VerifyState = "UNKNOWN"
)

// Words of a verification.
func (VerifyState) Words() []string { return []string{"OK", "FAILED", "PENDING", "UNKNOWN"} }

// ChangeState is how far a change of the settlement account is.
type ChangeState string

// States of a change.
const (
	ChangeNone     ChangeState = "NONE"
	ChangeReview   ChangeState = "UNDER_REVIEW"
	ChangeRejected ChangeState = "REJECTED"
	ChangeUnknown  ChangeState = "UNKNOWN"
)

// Words of a change.
func (ChangeState) Words() []string { return []string{"NONE", "UNDER_REVIEW", "REJECTED", "UNKNOWN"} }

// SettlementState is what became of a payout.
type SettlementState string

// States of a payout.
const (
	SettlementPending  SettlementState = "PENDING"
	SettlementSent     SettlementState = "SENT"
	SettlementPaid     SettlementState = "PAID"
	SettlementFailed   SettlementState = "FAILED"
	SettlementReturned SettlementState = "RETURNED"
	SettlementHeld     SettlementState = "HELD"
	SettlementUnknown  SettlementState = "UNKNOWN"
)

// Words of a payout's state.
func (SettlementState) Words() []string {
	return []string{"PENDING", "SENT", "PAID", "FAILED", "RETURNED", "HELD", "UNKNOWN"}
}

// TransactionState is what became of a payment. While it is UNKNOWN nobody may charge again.
type TransactionState string

// Ends of a payment.
const (
	TransactionSuccess  TransactionState = "SUCCESS"
	TransactionFailed   TransactionState = "FAILED"
	TransactionReversed TransactionState = "REVERSED"
	TransactionUnknown  TransactionState = "UNKNOWN"
)

// Words of a payment's end.
func (TransactionState) Words() []string {
	return []string{"SUCCESS", "FAILED", "REVERSED", "UNKNOWN"}
}

// LimitKind is what a limit counts.
type LimitKind string

// Words of a limit.
func (LimitKind) Words() []string { return []string{"SINGLE", "DAY", "MONTH", "OTHER"} }

// CaseState is how far a risk case is.
type CaseState string

// States of a risk case.
const (
	CasePending     CaseState = "PENDING" // the merchant has to hand something in
	CaseSubmitted   CaseState = "SUBMITTED"
	CaseUnderReview CaseState = "UNDER_REVIEW"
	CaseRecovered   CaseState = "RECOVERED"
	CaseRejected    CaseState = "REJECTED"
	CaseExpired     CaseState = "EXPIRED"
	CaseUnknown     CaseState = "UNKNOWN"
)

// Words of a risk case's state.
func (CaseState) Words() []string {
	return []string{"PENDING", "SUBMITTED", "UNDER_REVIEW", "RECOVERED", "REJECTED", "EXPIRED", "UNKNOWN"}
}

// ComplaintState is how far a complaint is.
type ComplaintState string

// States of a complaint.
const (
	ComplaintPending    ComplaintState = "PENDING"
	ComplaintProcessing ComplaintState = "PROCESSING"
	ComplaintProcessed  ComplaintState = "PROCESSED"
	ComplaintUnknown    ComplaintState = "UNKNOWN"
)

// Words of a complaint's state.
func (ComplaintState) Words() []string {
	return []string{"PENDING", "PROCESSING", "PROCESSED", "UNKNOWN"}
}

// OnboardingState is how far an application is.
type OnboardingState string

// States of an application.
const (
	OnboardingEditing       OnboardingState = "EDITING"
	OnboardingUnderReview   OnboardingState = "UNDER_REVIEW"
	OnboardingRejected      OnboardingState = "REJECTED"
	OnboardingToBeConfirmed OnboardingState = "TO_BE_CONFIRMED"
	OnboardingToBeSigned    OnboardingState = "TO_BE_SIGNED"
	OnboardingSigning       OnboardingState = "SIGNING"
	OnboardingFinished      OnboardingState = "FINISHED"
	OnboardingCancelled     OnboardingState = "CANCELLED"
	OnboardingUnknown       OnboardingState = "UNKNOWN"
)

// Words of an application's state.
func (OnboardingState) Words() []string {
	return []string{"EDITING", "UNDER_REVIEW", "REJECTED", "TO_BE_CONFIRMED", "TO_BE_SIGNED", "SIGNING", "FINISHED", "CANCELLED", "UNKNOWN"}
}

// NoticeKind is what a notice is about.
type NoticeKind string

// Words of a notice.
func (NoticeKind) Words() []string { return []string{"OUTAGE", "MAINTENANCE", "RULE", "OTHER"} }

// TicketStatus is how far a ticket is.
type TicketStatus string

// States of a ticket.
const (
	TicketOpen       TicketStatus = "OPEN"
	TicketInProgress TicketStatus = "IN_PROGRESS"
	TicketDone       TicketStatus = "DONE"
	TicketRejected   TicketStatus = "REJECTED"
	TicketUnknown    TicketStatus = "UNKNOWN"
)

// Words of a ticket's state.
func (TicketStatus) Words() []string {
	return []string{"OPEN", "IN_PROGRESS", "DONE", "REJECTED", "UNKNOWN"}
}

// BindingOutcome says whether a code proved for whom somebody speaks.
type BindingOutcome string

// Outcomes of a code. What is not known is no proof.
const (
	BindingBound   BindingOutcome = "BOUND"
	BindingRefused BindingOutcome = "REFUSED"
)

// Words of an outcome.
func (BindingOutcome) Words() []string { return []string{"BOUND", "REFUSED"} }

// EventType is what an event reports.
type EventType string

// Types of events.
const (
	EventTicket      EventType = "ticket.changed"
	EventMerchant    EventType = "merchant.changed"
	EventRestriction EventType = "restriction.changed"
	EventTerminal    EventType = "terminal.changed"
	EventSettlement  EventType = "settlement.changed"
	EventNotice      EventType = "notice.published"
	EventOther       EventType = "OTHER"
)

// Words of an event's type.
func (EventType) Words() []string {
	return []string{"ticket.changed", "merchant.changed", "restriction.changed", "terminal.changed", "settlement.changed", "notice.published", "OTHER"}
}
