package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/gin-gonic/gin"

	"posdoctor/bot"
	"posdoctor/bot/store"
)

// Setting is a document that operators may change. Its owner says what it looks like; SettingOf makes one of a type.
type Setting struct {
	Name    string
	Default json.RawMessage // what holds until somebody has changed it
	See     string          // the acts that read and change it, for authorise
	Change  string

	// Check returns a new value as it is kept, or an error that operators read. old is what holds now.
	Check func(value, old json.RawMessage) (json.RawMessage, error)
	// Shown returns a value as operators see it, without what is secret. nil: all of it.
	Shown func(value json.RawMessage) (json.RawMessage, error)
}

// Valid is what a type of settings can say of itself. People read its error.
type Valid interface{ Validate() error }

// SettingOf is a setting whose value is of a type. Fields that the type does not have are refused.
func SettingOf[T Valid](name string, def T, see, change string) Setting {
	value, err := json.Marshal(def)
	if err != nil {
		panic(fmt.Sprintf("the default of the setting %s: %v", name, err))
	}
	return Setting{Name: name, Default: value, See: see, Change: change, Check: func(value, _ json.RawMessage) (json.RawMessage, error) {
		v, err := Decode[T](value)
		if err != nil {
			return nil, err
		}
		if err := v.Validate(); err != nil {
			return nil, err
		}
		return json.Marshal(v)
	}}
}

// Decode reads a value of a type, strictly.
func Decode[T any](value json.RawMessage) (T, error) {
	var v T
	d := json.NewDecoder(bytes.NewReader(value))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		return v, fmt.Errorf("设置的格式不对：%w。", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return v, errors.New("设置的格式不对：后面还有多余的内容。")
	}
	return v, nil
}

// thisSetting reads the setting of the path for an act of it, with its present value, or answers why not.
func (a *agents) thisSetting(c *gin.Context, act func(Setting) string) (Setting, store.Setting, bool) {
	for _, s := range a.d.Settings {
		if s.Name != c.Param("name") {
			continue
		}
		if !a.authorise(c, act(s), bot.Conversation{}) {
			forbidden(c)
			return s, store.Setting{}, false
		}
		now, err := a.d.Store.Setting(c.Request.Context(), s.Name)
		if err != nil {
			a.broken(c, err)
			return s, now, false
		}
		if now.Version == 0 {
			now.Value = string(s.Default)
		}
		return s, now, true
	}
	fail(c, http.StatusNotFound, "not_found", "没有这项设置。")
	return Setting{}, store.Setting{}, false
}

// answerSetting answers with a setting as operators see it.
func (a *agents) answerSetting(c *gin.Context, status int, s Setting, now store.Setting, more gin.H) {
	value := json.RawMessage(now.Value)
	if s.Shown != nil {
		var err error
		if value, err = s.Shown(value); err != nil {
			a.broken(c, err)
			return
		}
	}
	out := gin.H{"name": s.Name, "value": value, "version": now.Version, "at": now.At, "by": now.Agent,
		"may_change": a.authorise(c, s.Change, bot.Conversation{})}
	for k, v := range more {
		out[k] = v
	}
	c.AbortWithStatusJSON(status, out)
}

// changed tells the rest of the server that people or settings were changed.
func (a *agents) changed() {
	if a.d.Changed != nil {
		a.d.Changed()
	}
}

func (a *agents) setting(c *gin.Context) {
	if s, now, ok := a.thisSetting(c, func(s Setting) string { return s.See }); ok {
		a.answerSetting(c, http.StatusOK, s, now, nil)
	}
}

func (a *agents) changeSetting(c *gin.Context) {
	s, old, ok := a.thisSetting(c, func(s Setting) string { return s.Change })
	if !ok {
		return
	}
	var in struct {
		Value   json.RawMessage `json:"value"`
		Version *int64          `json:"version"`
	}
	if !bind(c, &in) {
		return
	}
	if in.Version == nil || len(in.Value) == 0 {
		fail(c, http.StatusBadRequest, "bad_request", "请带上 value 和看到的 version。")
		return
	}
	stale := func(now store.Setting) {
		a.answerSetting(c, http.StatusConflict, s, now, gin.H{"error": gin.H{"code": "conflict", "message": "这项设置刚被别人改过，请看过新的内容后再保存。"}})
	}
	if *in.Version != old.Version {
		stale(old)
		return
	}
	value, err := s.Check(in.Value, json.RawMessage(old.Value))
	if err != nil {
		fail(c, http.StatusBadRequest, "bad_request", err.Error())
		return
	}
	next := store.Setting{Name: s.Name, Value: string(value), Version: old.Version, At: a.d.Now().UnixMilli(), Agent: me(c).Shown()}
	version, err := a.d.Store.SetSetting(c.Request.Context(), next, a.trace(c, "setting.change", fmt.Sprintf("%s, version %d", s.Name, old.Version+1)))
	if errors.Is(err, bot.ErrConflict) {
		if now, err := a.d.Store.Setting(c.Request.Context(), s.Name); err == nil {
			stale(now)
			return
		}
	}
	if err != nil {
		a.broken(c, err)
		return
	}
	next.Version = version
	a.changed()
	a.answerSetting(c, http.StatusOK, s, next, nil)
}
