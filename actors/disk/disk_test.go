package disk_test

import (
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/disk"
)

func TestTheRoomIsWhatDfSays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	told, err := disk.At(dir)
	require.NoError(t, err)
	require.WithinDuration(t, time.Now(), told.At, time.Minute)
	said, err := exec.CommandContext(t.Context(), "df", "--block-size=1", "--output=size,avail", dir).Output()
	require.NoError(t, err, "df of GNU coreutils is what this is compared with")
	figures := strings.Fields(strings.SplitN(string(said), "\n", 2)[1])
	total, err := strconv.ParseInt(figures[0], 10, 64)
	require.NoError(t, err)
	free, err := strconv.ParseInt(figures[1], 10, 64)
	require.NoError(t, err)
	require.Equal(t, total, told.Total)
	require.InDelta(t, free, told.Free, 2<<30, "others write at the same time")
}

func TestADirectoryThatIsNotThereHasNoRoom(t *testing.T) {
	t.Parallel()
	_, err := disk.At(t.TempDir() + "/none")
	require.ErrorContains(t, err, "cannot tell the room on the disk of ")
}
