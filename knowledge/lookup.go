package knowledge

// The lookups walk the list: a library has some hundred entries, and Library stays plain data without hidden maps.
// What they return points into the library and must not be changed.

// Article returns the article with this id.
func (l *Library) Article(id string) (*Article, bool) {
	for i := range l.Articles {
		if l.Articles[i].ID == id {
			return &l.Articles[i], true
		}
	}
	return nil, false
}

// Cause returns the cause with this id.
func (l *Library) Cause(id string) (*Cause, bool) {
	for i := range l.Causes {
		if l.Causes[i].ID == id {
			return &l.Causes[i], true
		}
	}
	return nil, false
}

// Check returns the check with this id.
func (l *Library) Check(id string) (*Check, bool) {
	for i := range l.Checks {
		if l.Checks[i].ID == id {
			return &l.Checks[i], true
		}
	}
	return nil, false
}

// ByCode returns the article that explains a response code of field 39, written as in the library: two characters, upper case.
func (l *Library) ByCode(code string) (*Article, bool) {
	for i := range l.Articles {
		for _, c := range l.Articles[i].Codes {
			if c == code {
				return &l.Articles[i], true
			}
		}
	}
	return nil, false
}
