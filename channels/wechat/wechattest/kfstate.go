package wechattest

import "slices"

// States of a Customer Service session.
const (
	KFNew   = 0 // the customer wrote, nobody serves him; messages may be sent
	KFBot   = 1 // a bot serves him; messages may be sent
	KFQueue = 2 // he waits for a person
	KFHuman = 3 // a person serves him
	KFEnded = 4 // ended, or he has not written yet
)

// kfMoves says which state the API may change to which. A bot's session does not become new again, and one that ended only comes back
// by a message of the customer or of the person.
var kfMoves = map[int][]int{
	KFNew:   {KFBot, KFQueue, KFHuman, KFEnded},
	KFBot:   {KFQueue, KFHuman, KFEnded},
	KFQueue: {KFHuman, KFEnded},
	KFHuman: {KFHuman, KFEnded}, // passed on to another person
}

// stateOf is the state of a session, which ends 48 hours after the customer's last message.
func (a *API) stateOf(u *customer) int {
	if u.state != KFEnded && a.now().Sub(u.wrote) >= a.limits().KF.For {
		u.state, u.servicer = KFEnded, ""
	}
	return u.state
}

func (a *API) isServicer(id string) bool {
	if len(a.Servicers) == 0 {
		return id == "zhangsan" || id == "lisi"
	}
	return slices.Contains(a.Servicers, id)
}

type kfStateBody struct {
	OpenKfID string `json:"open_kfid"`
	User     string `json:"external_userid"`
	State    *int   `json:"service_state"`
	Servicer string `json:"servicer_userid"`
}

func (a *API) kfFind(c *call) (kfStateBody, *customer, int) {
	var in kfStateBody
	if !c.decode(&in) {
		return in, nil, BadJSON
	}
	if !slices.Contains(a.openKfIDs(), in.OpenKfID) {
		return in, nil, KFUnknownAccount
	}
	u := a.kf.customers[in.OpenKfID+" "+in.User]
	if u == nil {
		return in, nil, BadExternalUser
	}
	return in, u, OK
}

// kfStateGet says who serves a customer. The field is called servicer_userid, and is only set in state 3.
//
//	POST /cgi-bin/kf/service_state/get {"open_kfid":"wkAJ","external_userid":"wmAJ"}
//	  -> {"errcode":0,"errmsg":"ok","service_state":3,"servicer_userid":"zhangsan"}
func (a *API) kfStateGet(c *call) any {
	_, u, code := a.kfFind(c)
	if code != OK {
		return refuse(code)
	}
	out := done()
	if out["service_state"] = a.stateOf(u); u.state == KFHuman {
		out["servicer_userid"] = u.servicer
	}
	return out
}

// kfStateTrans changes who serves a customer. The msg_code allows one message there, where send_msg may not.
//
//	POST /cgi-bin/kf/service_state/trans {"open_kfid":"wkAJ","external_userid":"wmAJ","service_state":3,"servicer_userid":"zhangsan"}
//	  -> {"errcode":0,"errmsg":"ok","msg_code":"MSG_CODE"}
func (a *API) kfStateTrans(c *call) any {
	in, u, code := a.kfFind(c)
	switch {
	case code != OK:
		return refuse(code)
	case in.State == nil:
		return refuse(BadArgument)
	case !slices.Contains(kfMoves[a.stateOf(u)], *in.State):
		return refuse(KFBadTransition)
	case *in.State == KFHuman && in.Servicer == "":
		return refuse(BadArgument)
	case *in.State == KFHuman && !a.isServicer(in.Servicer):
		return refuse(KFNotServicer)
	}
	l, out := a.limits(), done()
	u.state, u.servicer = *in.State, ""
	switch u.state {
	case KFQueue:
		out["msg_code"] = a.newCode(u, KFQueue, l.KFQueueCode)
	case KFHuman:
		u.servicer = in.Servicer
		out["msg_code"] = a.newCode(u, KFHuman, l.KFQueueCode)
	case KFEnded:
		out["msg_code"] = a.newCode(u, KFEnded, l.KFWelcome)
	}
	return out
}

// KFAllowance is what may still be sent to a customer.
func (a *API) KFAllowance(account, id string) (Allowance, int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	u := a.kf.customers[account+" "+id]
	if u == nil {
		return Allowance{}, KFEnded
	}
	state := a.stateOf(u)
	if u.wrote.IsZero() || state == KFEnded {
		return Allowance{}, state
	}
	l := a.limits()
	return Allowance{Left: u.left, Of: l.KF.Count, Until: u.wrote.Add(l.KF.For), By: Wrote}, state
}

// KFServicer is who serves a customer, "" for nobody.
func (a *API) KFServicer(account, id string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	u := a.kf.customers[account+" "+id]
	if u == nil || a.stateOf(u) != KFHuman {
		return ""
	}
	return u.servicer
}
