//go:build unix

package simulator

import (
	"errors"
	"os"
	"syscall"
)

// lock keeps other processes off the file; the lock ends with the process that holds it.
func lock(f *os.File) error {
	for {
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

func unlock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }
