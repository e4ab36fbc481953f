package wechat

import (
	"context"
	"errors"

	"posdoctor/channels/media"
)

// contentError means that a file is not what may be kept.
type contentError struct{ reason string }

func (e *contentError) Error() string { return "the file is not kept: " + e.reason }

// unread is the type of a picture that could not be read here: an agent may save it, no page shows it.
const unread = "application/octet-stream"

// picture draws a picture anew, see media.Draw. What is broken stays as it is: WebP, which may move, with its own type, the rest as
// unread.
func picture(ctx context.Context, data []byte, mime string) (out []byte, outMIME string, err error) {
	d, err := media.Draw(ctx, data)
	var pixels *media.PixelsError
	switch {
	case err == nil:
		return d.Data, d.MIME, nil
	case errors.As(err, &pixels):
		return nil, "", &contentError{pixels.Error()}
	case errors.Is(err, media.ErrUnread) && mime == "image/webp":
		return data, mime, nil
	case errors.Is(err, media.ErrUnread):
		return data, unread, nil
	}
	return nil, "", err
}
