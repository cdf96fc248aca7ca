package proxy

import "encoding/binary"

// frames follows one direction of a websocket from frame to frame (RFC 6455
// 5.2), to tell people's data from pings. It keeps no payload and changes nothing.
type frames struct {
	head [10]byte // of the frame that begins, as far as it has come, without its mask
	have int
	skip uint64 // bytes of mask and payload that are still to come
}

// scan reads on and tells whether a data frame (text, binary, or the
// continuation of one) began or went on in p.
func (f *frames) scan(p []byte) (data bool) {
	for len(p) > 0 {
		if f.skip > 0 {
			data = data || f.isData()
			n := min(f.skip, uint64(len(p)))
			f.skip -= n
			p = p[n:]
			continue
		}
		if f.have == f.headLength() {
			f.have = 0 // the frame before has ended
		}
		f.head[f.have] = p[0]
		f.have++
		p = p[1:]
		if f.have == f.headLength() {
			data = data || f.isData()
			f.skip = f.rest()
		}
	}
	return data
}

// isData tells whether the opcode is none of a control frame.
func (f *frames) isData() bool { return f.head[0]&0x08 == 0 }

// headLength is the header's length without the mask, as far as it is known: at
// least 2.
func (f *frames) headLength() int {
	if f.have < 2 {
		return 2
	}
	switch f.head[1] & 0x7f {
	case 126:
		return 4
	case 127:
		return 10
	}
	return 2
}

// rest is the length of mask and payload. A length that cannot be is the
// container's or the browser's to refuse.
func (f *frames) rest() uint64 {
	n := uint64(f.head[1] & 0x7f)
	switch n {
	case 126:
		n = uint64(binary.BigEndian.Uint16(f.head[2:]))
	case 127:
		n = binary.BigEndian.Uint64(f.head[2:]) &^ (1 << 63)
	}
	if f.head[1]&0x80 != 0 {
		n += 4
	}
	return n
}
