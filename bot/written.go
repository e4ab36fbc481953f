package bot

// Written makes a line of what somebody wrote who is not in the dialogue, such as an agent's note to colleagues: cleaned and masked as
// Service does it with every line. Errors: ErrEmpty, ErrTooLong, ErrNotUTF8.
func Written(s string) (string, error) {
	s, err := clean(s)
	if err != nil {
		return "", err
	}
	s, _ = Mask(s)
	return s, nil
}
