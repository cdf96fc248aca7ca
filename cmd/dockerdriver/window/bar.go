package window

import "charm.land/bubbles/v2/progress"

// Bar draws how much of something is done, from 0 to 1, in width columns.
func Bar(width int, done float64) string {
	return progress.New(progress.WithWidth(width)).ViewAs(min(max(done, 0), 1))
}
