package proxy

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// frame writes one: masked ones come from browsers.
func frame(opcode byte, length int, masked bool) []byte {
	out := []byte{0x80 | opcode, 0}
	switch {
	case length < 126:
		out[1] = byte(length)
	case length < 1<<16:
		out[1] = 126
		out = binary.BigEndian.AppendUint16(out, uint16(length))
	default:
		out[1] = 127
		out = binary.BigEndian.AppendUint64(out, uint64(length))
	}
	if masked {
		out[1] |= 0x80
		out = append(out, 1, 2, 3, 4)
	}
	payload := make([]byte, length)
	for n := range payload {
		payload[n] = 0x81 // looks like a header, and is none
	}
	return append(out, payload...)
}

func TestFramesTellDataFromPings(t *testing.T) {
	const text, binaryData, closing, ping, pong = 1, 2, 8, 9, 10
	for name, c := range map[string]struct {
		bytes []byte
		data  bool
	}{
		"a ping from the container":           {frame(ping, 0, false), false},
		"a browser's pong with 125 bytes":     {frame(pong, 125, true), false},
		"a close with a code":                 {frame(closing, 2, true), false},
		"a text":                              {frame(text, 5, true), true},
		"an empty text":                       {frame(text, 0, false), true},
		"a ping, then a text":                 {append(frame(ping, 7, true), frame(text, 3, true)...), true},
		"pings whose payload looks like data": {append(frame(ping, 125, true), frame(ping, 125, false)...), false},
		"binary data of 16-bit length":        {frame(binaryData, 300, true), true},
		"binary data of 64-bit length":        {frame(binaryData, 70_000, false), true},
		"the continuation of a message":       {frame(0, 4, false), true},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.data, new(frames).scan(c.bytes), "in one piece")
			var bytewise frames
			data := false
			for n := range c.bytes {
				data = bytewise.scan(c.bytes[n:n+1]) || data
			}
			require.Equal(t, c.data, data, "byte by byte")
		})
	}
}

// However a stream is cut into reads, as many reads hold data as the frames say.
func TestFramesFindTheirWayInAnyPieces(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var stream []byte
		var isData []bool // by byte
		for range 20 {
			opcode := []byte{0, 1, 2, 8, 9, 10}[dice.IntN(6)]
			length := dice.IntN(126)
			if opcode < 8 {
				length = []int{0, 1, 125, 126, 1000, 65_535, 65_536}[dice.IntN(7)]
			}
			one := frame(opcode, length, dice.IntN(2) == 0)
			stream = append(stream, one...)
			for range one {
				isData = append(isData, opcode < 8)
			}
		}
		var f frames
		for at := 0; at < len(stream); {
			n := min(1+dice.IntN(5000), len(stream)-at)
			got := f.scan(stream[at : at+n])
			// A header that is not whole yet is told with its last byte, so only
			// pieces that end in a payload or a whole frame are compared.
			if f.skip > 0 || f.have == f.headLength() {
				want := false
				for _, d := range isData[at : at+n] {
					want = want || d
				}
				require.Equal(t, want, got)
				at += n
				continue
			}
			at += n
			for f.have < f.headLength() { // finish the header
				f.scan(stream[at : at+1])
				at++
			}
		}
	}
}
