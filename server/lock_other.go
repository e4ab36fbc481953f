//go:build !unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// lockFolder only opens the file: this system has no lock that ends with the process.
func lockFolder(data string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(data, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the data folder %s cannot be written: %w; choose another one with --data", data, err)
	}
	return f, nil
}
