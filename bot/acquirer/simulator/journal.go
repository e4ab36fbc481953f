package simulator

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// journal is a file of lines that only grows. What append has returned for is on the disk. Other processes may have the same
// file open: call read and append between lock and unlock, and read before append.
type journal struct {
	f    *os.File
	size int64 // of the whole lines read or written so far; what stands behind them is a torn write or another process's news
}

func openJournal(path string) (*journal, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(f.Chmod(0o600), syncDir(filepath.Dir(path))); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &journal{f: f}, nil
}

// syncDir makes a new file's name durable. Not every system can; the lines themselves are synced in any case.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	_ = d.Sync()
	return d.Close()
}

func (j *journal) lock() error { return lock(j.f) }

func (j *journal) unlock() { _ = unlock(j.f) }

// grown tells whether there is something behind the lines known so far. It needs no lock.
func (j *journal) grown() bool {
	st, err := j.f.Stat()
	return err != nil || st.Size() != j.size
}

// read returns the whole lines that came since the last call. A last line without its end is left alone.
func (j *journal) read() ([][]byte, error) {
	st, err := j.f.Stat()
	if err != nil {
		return nil, err
	}
	if st.Size() < j.size {
		return nil, fmt.Errorf("%s became shorter", filepath.Base(j.f.Name()))
	}
	b, err := io.ReadAll(io.NewSectionReader(j.f, j.size, st.Size()-j.size))
	if err != nil {
		return nil, err
	}
	end := bytes.LastIndexByte(b, '\n')
	if end < 0 {
		return nil, nil
	}
	j.size += int64(end) + 1
	return bytes.Split(b[:end], []byte{'\n'}), nil
}

// unread gives the last line read back, to be written over by the next append.
func (j *journal) unread(line []byte) { j.size -= int64(len(line)) + 1 }

// append writes one line behind the whole ones, over a torn one. When it fails, nothing of the line stays.
func (j *journal) append(line []byte) error {
	if err := j.f.Truncate(j.size); err != nil {
		return err
	}
	b := append(line[:len(line):len(line)], '\n')
	_, err := j.f.WriteAt(b, j.size)
	if err == nil {
		err = j.f.Sync()
	}
	if err != nil {
		return errors.Join(err, j.f.Truncate(j.size))
	}
	j.size += int64(len(b))
	return nil
}
