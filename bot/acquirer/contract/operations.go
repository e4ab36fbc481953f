package contract

import "net/http"

// Operation is something that an acquirer may be asked. Which ones it answers, its Capabilities say.
type Operation string

// The operations. All but OpOpenTicket and the two of a binding read.
const (
	OpCapabilities      Operation = "capabilities"
	OpMerchant          Operation = "getMerchant"
	OpRestrictions      Operation = "getRestrictions"
	OpTerminals         Operation = "listTerminals"
	OpTerminal          Operation = "getTerminal"
	OpSettlementAccount Operation = "getSettlementAccount"
	OpSettlements       Operation = "listSettlements"
	OpTransaction       Operation = "getTransaction"
	OpLimits            Operation = "getLimits"
	OpRiskCases         Operation = "listRiskCases"
	OpComplaints        Operation = "listComplaints"
	OpOnboarding        Operation = "getOnboarding"
	OpNotices           Operation = "getServiceNotices"
	OpOpenTicket        Operation = "openTicket"
	OpTicket            Operation = "getTicket"
	OpStartBinding      Operation = "startBinding"
	OpConfirmBinding    Operation = "confirmBinding"
)

// Route is how an operation is asked over HTTP. {merchant} is the merchant's reference at the acquirer.
type Route struct {
	Op      Operation
	Method  string
	Path    string
	Query   []Param
	Summary string
	Asks    any // zero value of the body, nil for none
	Answers any // zero value of the answer's data
}

// Param is a query parameter. Is names its form as in the tags of fields.
type Param struct {
	Name, Is, About string
	Required        bool
}

// Routes are all operations with their paths.
var Routes = []Route{
	{OpCapabilities, http.MethodGet, "/v1/capabilities", nil, "Which operations this acquirer answers", nil, Capabilities{}},
	{OpMerchant, http.MethodGet, "/v1/merchants/{merchant}", nil, "The merchant's state, what he may do and until when his documents hold", nil, Merchant{}},
	{OpRestrictions, http.MethodGet, "/v1/merchants/{merchant}/restrictions", nil, "What is limited, why, and how to recover; none means that this acquirer reports none", nil, Restrictions{}},
	{OpTerminals, http.MethodGet, "/v1/merchants/{merchant}/terminals", nil, "The merchant's terminals", nil, Terminals{}},
	{OpTerminal, http.MethodGet, "/v1/merchants/{merchant}/terminals/{terminal}", nil, "One terminal, by serial number or terminal number", nil, Terminal{}},
	{OpSettlementAccount, http.MethodGet, "/v1/merchants/{merchant}/settlement-account", nil, "Where the money goes, masked, and whether it was verified", nil, SettlementAccount{}},
	{OpSettlements, http.MethodGet, "/v1/merchants/{merchant}/settlements", span, "Payouts of a time", nil, Settlements{}},
	{OpTransaction, http.MethodGet, "/v1/merchants/{merchant}/transaction", []Param{
		{Name: "ref", Is: "ref", About: "the transaction's reference; or terminal, amount and time instead"},
		{Name: "tid", Is: "ref", About: "terminal number"},
		{Name: "amount", Is: "fen", About: "amount"},
		{Name: "at", Is: "ms", About: "time, found within ten minutes of it"},
	}, "What became of one payment", nil, Transaction{}},
	{OpLimits, http.MethodGet, "/v1/merchants/{merchant}/limits", nil, "Limits of amount, and what is used of them", nil, Limits{}},
	{OpRiskCases, http.MethodGet, "/v1/merchants/{merchant}/risk-cases", nil, "Open and past risk cases and what they wait for", nil, RiskCases{}},
	{OpComplaints, http.MethodGet, "/v1/merchants/{merchant}/complaints", span, "Complaints of payers, without data of the payers", nil, Complaints{}},
	{OpOnboarding, http.MethodGet, "/v1/merchants/{merchant}/onboarding", nil, "How far the merchant's application is", nil, Onboarding{}},
	{OpNotices, http.MethodGet, "/v1/notices", nil, "Outages, maintenance and changes that concern all merchants", nil, Notices{}},
	{OpOpenTicket, http.MethodPost, "/v1/tickets", nil, "Open a ticket; the same request number with the same body opens no second one", Case{}, Ticket{}},
	{OpTicket, http.MethodGet, "/v1/merchants/{merchant}/ticket", []Param{
		{Name: "request", Is: "ref", About: "the request number it was opened with; or its number instead"},
		{Name: "no", Is: "ref", About: "the ticket's number"},
	}, "A ticket; NOT_FOUND for a request number means that it was never accepted", nil, Ticket{}},
	{OpStartBinding, http.MethodPost, "/v1/bindings", nil, "Send a code to the telephone on file for a merchant number, and answer the same whether there is one or not", BindingStart{}, BindingStarted{}},
	{OpConfirmBinding, http.MethodPost, "/v1/bindings/code", nil, "Hold a code against the one that was sent; right once, within its time, under the same request", BindingCode{}, BindingResult{}},
}

var span = []Param{
	{Name: "from", Is: "date", About: "first day", Required: true},
	{Name: "to", Is: "date", About: "last day", Required: true},
}

// RouteOf returns the route of an operation.
func RouteOf(op Operation) (Route, bool) {
	for _, r := range Routes {
		if r.Op == op {
			return r, true
		}
	}
	return Route{}, false
}
