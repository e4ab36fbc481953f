package wechattest

import "time"

// customTyping shows a follower that somebody is typing, for 15 seconds or until a message comes.
//
//	POST /cgi-bin/message/custom/typing {"touser":"oABC","command":"Typing"} -> {"errcode":0,"errmsg":"ok"}
func (a *API) customTyping(c *call) any {
	if a.may().Unverified {
		return refuse(Unauthorized)
	}
	var in struct {
		ToUser  string `json:"touser"`
		Command string `json:"command"`
	}
	if !c.decode(&in) {
		return refuse(BadJSON)
	}
	if !openID.MatchString(in.ToUser) {
		return refuse(BadOpenID)
	}
	u, now := a.user(in.ToUser), a.now()
	switch in.Command {
	case "Typing":
		switch {
		case u.left || now.Sub(u.contact) > a.limits().TypingAfter:
			return refuse(TypingTooLate)
		case now.Before(u.typing):
			return refuse(TypingAlready)
		}
		u.typing = now.Add(a.limits().TypingFor)
	case "CancelTyping":
		u.typing = time.Time{}
	default:
		return refuse(BadTypingCommand)
	}
	return done()
}

// Typing says that a user sees somebody typing.
func (a *API) Typing(openid string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	u := a.users[openid]
	return u != nil && a.now().Before(u.typing)
}
