package console

import "embed"

//go:embed src
var sources embed.FS
