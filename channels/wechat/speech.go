package wechat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
	"unicode/utf8"
)

// Recogniser makes words of a voice.
type Recogniser interface {
	// Recognise returns what is said in the audio, whose type is audio/amr or audio/mpeg. "" means that nothing could be made out.
	Recognise(ctx context.Context, audio []byte, mime string) (string, error)
}

const (
	speechTime = 10 * time.Second
	maxSpeech  = 64 << 10
)

// Speech asks a service over HTTP:
//
//	POST <url>  Authorization: Bearer <key>  Content-Type: audio/amr  <the bytes>  ->  200 {"text":"刷卡提示五十八"}
//
// Other fields of the answer are not looked at. Its words are a stranger's like any others.
type Speech struct {
	address, key string
	client       *http.Client
}

// NewSpeech takes an address over https, or on this machine. The key may be empty.
func NewSpeech(address, key string) (*Speech, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil {
		return nil, errors.New("it must look like https://speech.example.com/recognise")
	}
	if bare(u) {
		return nil, errors.New("voices of merchants leave this machine over https only")
	}
	return &Speech{address: address, key: key, client: newClient(speechTime, fetches, 90*time.Second)}, nil
}

// Recognise implements Recogniser. Its errors hold no address, key or word.
func (s *Speech) Recognise(ctx context.Context, audio []byte, mime string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.address, bytes.NewReader(audio))
	if err != nil {
		return "", errors.New("recognising speech: no request can be made of it")
	}
	req.Header.Set("Content-Type", mime)
	req.Header.Set("Accept", "application/json")
	if s.key != "" {
		req.Header.Set("Authorization", "Bearer "+s.key)
	}
	res, err := s.client.Do(req)
	if err != nil {
		return "", errors.New("recognising speech: no answer")
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return "", fmt.Errorf("recognising speech: status %d", res.StatusCode)
	}
	data, err := io.ReadAll(io.LimitReader(res.Body, maxSpeech+1))
	var answer struct {
		Text *string `json:"text"`
	}
	switch {
	case err != nil:
		return "", errors.New("recognising speech: the answer broke off")
	case len(data) > maxSpeech:
		return "", errors.New("recognising speech: the answer is too long")
	case !utf8.Valid(data) || json.Unmarshal(data, &answer) != nil || answer.Text == nil:
		return "", errors.New(`recognising speech: the answer is not {"text":"…"}`)
	}
	return *answer.Text, nil
}
