//go:build !unix

package simulator

import "os"

// Without advisory locks only one process at a time may use the simulator.
func lock(*os.File) error   { return nil }
func unlock(*os.File) error { return nil }
