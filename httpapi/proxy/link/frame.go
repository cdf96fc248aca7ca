package link

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"dockerdriver/actors/pool"
)

// Version of the protocol. Both sides must speak the same.
const Version = 2

// Bounds of one frame in bytes: a table of 10,000 routes takes about 5 MB.
const (
	maxTableFrame = 256 << 20
	maxPlaneFrame = 4 << 20
)

// frame is one line: exactly one field is set. A reader passes over those it
// does not know.
type frame struct {
	// From the server.
	Welcome  *Facts    `json:"welcome,omitempty"`
	Table    *change   `json:"table,omitempty"`
	Redeemed *redeemed `json:"redeemed,omitempty"`
	// From the data plane.
	Hello  *hello               `json:"hello,omitempty"`
	Live   uint64               `json:"live,omitempty"` // the change that is in force
	Redeem *redeem              `json:"redeem,omitempty"`
	Used   map[string]time.Time `json:"used,omitempty"` // by instance id
}

// Facts are what a data plane has to know to serve notebooks.
type Facts struct {
	Version int    `json:"version"`
	Domain  string `json:"domain"` // see proxy.Config
	Paths   bool   `json:"paths,omitempty"`
	Port    int    `json:"port"`
	UIURL   string `json:"ui_url"`
}

type hello struct {
	Version int `json:"version"`
}

// redeem is a ticket's exchange: see proxy.Gate.
type redeem struct {
	ID      uint64 `json:"id"`
	Label   string `json:"label"`
	Secret  string `json:"secret"`
	Browser string `json:"browser"`
}

type redeemed struct {
	ID     uint64      `json:"id"`
	Cookie string      `json:"cookie,omitempty"`
	Error  *pool.Error `json:"error,omitempty"`
}

// errVersion tells that the other side is of another version.
type errVersion int

func (v errVersion) Error() string {
	return fmt.Sprintf("the other side speaks version %d of the protocol, this one version %d: update both from the same build", int(v), Version)
}

// frames reads lines of at most a bound.
type frames struct{ scanner *bufio.Scanner }

func newFrames(from io.Reader, most int) *frames {
	s := bufio.NewScanner(from)
	s.Buffer(make([]byte, 0, 4096), most)
	return &frames{s}
}

// next returns the next frame; io.EOF at the end.
func (f *frames) next() (frame, error) {
	if !f.scanner.Scan() {
		err := f.scanner.Err()
		switch {
		case err == nil:
			err = io.EOF
		case errors.Is(err, bufio.ErrTooLong):
			err = fmt.Errorf("cannot read a frame: %w", err)
		}
		return frame{}, err
	}
	var got frame
	if err := json.Unmarshal(f.scanner.Bytes(), &got); err != nil {
		return frame{}, fmt.Errorf("cannot read a frame: %w", err)
	}
	return got, nil
}

// line is a frame as it is sent.
func line(f frame) ([]byte, error) {
	bytes, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("cannot write a frame: %w", err)
	}
	return append(bytes, '\n'), nil
}
