package bot_test

import (
	"testing"

	"posdoctor/bot"
	"posdoctor/knowledge"
)

// BenchmarkStart is what a process does before it can decide its first message.
func BenchmarkStart(b *testing.B) {
	for _, part := range []string{"load", "index", "playbook"} {
		b.Run(part, func(b *testing.B) {
			lib, err := knowledge.Embedded()
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				switch part {
				case "load":
					_, err = knowledge.Embedded()
				case "index":
					var index *knowledge.Index
					if index, err = knowledge.NewIndex(lib); err == nil {
						err = index.Close()
					}
				default:
					_, err = bot.NewPlaybook(lib)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
