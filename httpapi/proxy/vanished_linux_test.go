package proxy

import (
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A program that reads nothing for long is no machine that has vanished: its
// kernel answers. Neither is one that thinks.
func TestAProgramThatTakesItsTimeHasNotVanished(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	conn, err := net.Dial("tcp", listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	other, err := listener.Accept()
	require.NoError(t, err)
	defer other.Close()
	raw, err := conn.(*net.TCPConn).SyscallConn()
	require.NoError(t, err)
	require.False(t, isVanished(raw), "nothing is said yet")
	require.NoError(t, conn.SetWriteDeadline(time.Now().Add(3*time.Second)))
	_, err = conn.Write(make([]byte, 64<<20)) // more than the buffers hold
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	require.False(t, isVanished(raw), "nobody reads it")
	require.NoError(t, conn.Close())
	require.False(t, isVanished(raw), "of what is closed nothing is known")
}
