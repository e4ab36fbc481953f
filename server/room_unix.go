//go:build unix

package main

import "syscall"

// freeBytes is how much an ordinary program may still write to the disk of a folder.
func freeBytes(folder string) (int64, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(folder, &st); err != nil {
		return 0, err
	}
	return int64(st.Bavail) * int64(st.Bsize), nil
}
