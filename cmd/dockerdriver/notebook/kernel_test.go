package notebook

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestKernelAnswers(t *testing.T) {
	t.Parallel()
	cases := []struct{ why, source, want string }{
		{"the page's own example", "2*(3+4)", "14"},
		{"a quotient is no integer division", "7/2", "3.5"},
		{"power binds tighter than product", "2*3^2", "18"},
		{"power binds tighter than the sign", "-2^2", "-4"},
		{"power goes to the right", "2^3^2", "512"},
		{"signs may follow an operator", "3 - -2", "5"},
		{"rest", "17 % 5", "2"},
		{"rest of fractions", "5.5 % 2", "1.5"},
		{"rest binds like a product", "2+7%4", "5"},
		{"binary fractions are rounded for people", "0.1+0.2", "0.3"},
		{"large numbers do not wrap around", "9223372036854775807+1", "9.22337203685e+18"},
		{"a function", "sqrt(16)+abs(-1)", "5"},
		{"a constant", "round(pi*100)/100", "3.14"},
		{"spaces around", "  1 + 1 ", "2"},
		{"echo", "echo 2*(3+4)", "2*(3+4)"},
		{"echo keeps its spaces", "echo  a  b ", " a  b "},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			cell := newKernel().run(c.source)
			require.Empty(t, cell.Error)
			require.Equal(t, c.want, cell.Output)
		})
	}
}

func TestKernelRefusesInWords(t *testing.T) {
	t.Parallel()
	cases := []struct{ why, source, words string }{
		{"nothing", "  ", "empty cell"},
		{"half an expression", "2*(3+", "cannot read"},
		{"an unknown name", "y+1", "unknown name y"},
		{"no number", `"a"`, "numbers only"},
		{"a truth", "1 == 1", "numbers only"},
		{"division by zero", "1/0", "not a finite number"},
		{"rest by zero", "1%0", "not a finite number"},
		{"a loop of the library", "map(1..1000000, # * 2)", "cannot"},
		{"a list of the library", "1..1000000000", "cannot"},
		{"an assignment to a function", "sqrt = 2", "it is a function"},
		{"an assignment of nothing", "x =", "empty cell"},
		{"a huge cell", strings.Repeat("1+", maxSource) + "1", "the limit is"},
		{"a cell of many terms", strings.Repeat("1+", 600) + "1", "cannot read"},
		{"too few arguments", "sqrt()", "not enough arguments"},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			cell := newKernel().run(c.source)
			require.Contains(t, cell.Error, c.words)
			require.Empty(t, cell.Output)
			require.NotContains(t, cell.Error, "\n")
		})
	}
}

func TestKernelRemembersVariablesAndCells(t *testing.T) {
	t.Parallel()
	k := newKernel()
	require.Equal(t, "3", k.run("x = 3").Output)
	require.Equal(t, "4", k.run("x = x + 1").Output)
	require.Equal(t, "16", k.run("x^2").Output)
	cells := k.cells()
	require.Len(t, cells, 3)
	require.Equal(t, 2, cells[1].Number)
	require.Equal(t, "x = x + 1", cells[1].Source)
}

func TestKernelMemoryIsBounded(t *testing.T) {
	t.Parallel()
	k := newKernel()
	for i := range maxVariables - len(k.variables) {
		require.NoError(t, k.assign(fmt.Sprintf("v%d", i), 1))
	}
	require.ErrorContains(t, k.assign("one_more", 1), "1000 variables already")
	require.NoError(t, k.assign("v1", 2), "a known variable can still change")
	for range maxHistory + 5 {
		k.run("echo a")
	}
	require.Len(t, k.cells(), maxHistory)
	require.Equal(t, maxHistory+5, k.cells()[maxHistory-1].Number)
}
