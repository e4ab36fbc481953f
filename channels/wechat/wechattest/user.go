package wechattest

import (
	"encoding/hex"
	"hash/fnv"
)

// userInfo says who follows. Since 2021 it has neither a name nor a picture.
//
//	GET /cgi-bin/user/info?access_token=…&openid=oABC&lang=zh_CN
//	  -> {"subscribe":1,"openid":"oABC","language":"zh_CN","subscribe_time":1700000000,"unionid":"o…","remark":"","groupid":0,
//	      "tagid_list":[],"subscribe_scene":"ADD_SCENE_QR_CODE","qr_scene":0,"qr_scene_str":"shop42"}
//	  -> {"subscribe":0,"openid":"oABC","tagid_list":[]} for one who does not follow
func (a *API) userInfo(c *call) any {
	id := c.query["openid"]
	if id == "" {
		return refuse(OpenIDMissing)
	}
	if !openID.MatchString(id) {
		return refuse(BadOpenID)
	}
	u := a.users[id]
	if u == nil || u.left {
		return reply{"subscribe": 0, "openid": id, "tagid_list": []any{}}
	}
	scene := "ADD_SCENE_SEARCH"
	if u.scene != "" {
		scene = "ADD_SCENE_QR_CODE"
	}
	return reply{"subscribe": 1, "openid": id, "language": "zh_CN", "subscribe_time": u.since.Unix(), "unionid": unionID(id), "remark": "",
		"groupid": 0, "tagid_list": []any{}, "subscribe_scene": scene, "qr_scene": 0, "qr_scene_str": u.scene}
}

// unionID is the same for the same user every time.
func unionID(openid string) string {
	h := fnv.New128a()
	_, _ = h.Write([]byte(openid))
	return "o" + hex.EncodeToString(h.Sum(nil))[:27]
}
