package actors_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dockerdriver/actors/pool"
)

func TestAWriteThatFailsIsToldInWords(t *testing.T) {
	t.Parallel()
	for why, c := range map[string]struct {
		fault error
		code  pool.Code
	}{
		"in its own, if it has any": {fmt.Errorf("cannot save: %w", pool.Refuse(pool.CodeDiskFull, "The disk is full.", "Make room.")), pool.CodeDiskFull},
		"else in ours":              {errors.New("database not open"), pool.CodeUnavailable},
	} {
		t.Run(why, func(t *testing.T) {
			t.Parallel()
			story(t, nil, func(t *testing.T, s *scene) {
				time.Sleep(time.Second)
				s.change(func() { s.failSaves, s.saveFault = 1, c.fault })
				_, err := s.client.SetVariable(t.Context(), admin, pool.VarFreeSlotTarget, "2", 0)
				require.Equal(t, c.code, pool.CodeOf(err))
				var refused *pool.Error
				require.ErrorAs(t, err, &refused)
				require.NotEmpty(t, refused.Hint)
				require.NotContains(t, err.Error(), "database not open", "that is for the log")
			})
		})
	}
}
