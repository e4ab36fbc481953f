package bot

import "testing"

func TestPlainID(t *testing.T) {
	for id, want := range map[string]bool{
		"1": true, "01928f7a-7c1e-7e0a-9c1b-2f3a4b5c6d7e": true, "all-cards:yes": true, "article:code-51": true, "c_1.2": true, "24012345678901234": true,
		"": false, "a b": false, "中": false, "<x>": false, "4111111111111111": false, "x:6222021234567890128": false,
		"a123456789012345678901234567890123456789012345678901234567890123456789": false,
	} {
		if got := PlainID(id); got != want {
			t.Errorf("PlainID(%q) = %t", id, got)
		}
	}
}
