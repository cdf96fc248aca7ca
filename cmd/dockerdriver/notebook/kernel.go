package notebook

import (
	"errors"
	"fmt"
	"go/token"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
)

const (
	maxSource    = 4 << 10 // bytes of one cell
	maxVariables = 1000
	maxHistory   = 200 // cells kept for a page that is opened again
)

// Cell is one answered cell. Exactly one of Output and Error is meant for the reader.
type Cell struct {
	Number int       `json:"number"` // from 1, never reused
	Source string    `json:"source"`
	Output string    `json:"output"`
	Error  string    `json:"error,omitempty"`
	At     time.Time `json:"at"`
}

// kernel holds what the notebook remembers between cells, for as long as the process lives.
type kernel struct {
	mu        sync.Mutex
	variables map[string]any
	history   []Cell
	count     int
}

func newKernel() *kernel {
	return &kernel{variables: map[string]any{"pi": math.Pi, "e": math.E}}
}

// run answers one cell and remembers it.
func (k *kernel) run(source string) Cell {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.count++
	cell := Cell{Number: k.count, Source: source, At: time.Now().UTC()}
	output, err := k.answer(source)
	if err != nil {
		cell.Error = err.Error()
	}
	cell.Output = output
	if len(source) > maxSource {
		cell.Source = source[:maxSource]
	}
	k.history = append(k.history, cell)
	if len(k.history) > maxHistory {
		k.history = append([]Cell(nil), k.history[len(k.history)-maxHistory:]...)
	}
	return cell
}

// cells is a copy of the history, oldest first.
func (k *kernel) cells() []Cell {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]Cell{}, k.history...)
}

func (k *kernel) answer(source string) (string, error) {
	if len(source) > maxSource {
		return "", fmt.Errorf("cannot run a cell of %d bytes: the limit is %d", len(source), maxSource)
	}
	if text, ok := strings.CutPrefix(source, "echo "); ok {
		return text, nil
	}
	name, expression := splitAssignment(source)
	value, err := evaluate(expression, k.variables)
	if err != nil {
		return "", err
	}
	if name != "" {
		if err := k.assign(name, value); err != nil {
			return "", err
		}
	}
	return strconv.FormatFloat(value, 'g', 12, 64), nil
}

func (k *kernel) assign(name string, value float64) error {
	if _, taken := functions[name]; taken {
		return fmt.Errorf("cannot assign to %s: it is a function", name)
	}
	if _, known := k.variables[name]; !known && len(k.variables) >= maxVariables {
		return fmt.Errorf("cannot assign to %s: there are %d variables already", name, maxVariables)
	}
	k.variables[name] = value
	return nil
}

// splitAssignment takes `x = 3` apart; name is empty when source is no assignment.
func splitAssignment(source string) (name, expression string) {
	left, right, found := strings.Cut(source, "=")
	left = strings.TrimSpace(left)
	if !found || !token.IsIdentifier(left) {
		return "", source
	}
	return left, right
}

var functions = map[string]func(float64) float64{
	"sqrt": math.Sqrt, "abs": math.Abs, "round": math.Round, "floor": math.Floor, "ceil": math.Ceil,
	"exp": math.Exp, "ln": math.Log, "log10": math.Log10, "log2": math.Log2,
	"sin": math.Sin, "cos": math.Cos, "tan": math.Tan,
}

// evaluate computes one arithmetic expression over floats. The language is the
// library's, cut down to numbers: none of its own functions, so no loops and
// nothing that takes longer than its source is long.
func evaluate(expression string, variables map[string]any) (float64, error) {
	if strings.TrimSpace(expression) == "" {
		return 0, errors.New("cannot evaluate an empty cell: try 2*(3+4), x = 3, sqrt(2) or echo hello")
	}
	program, err := expr.Compile(expression, language(variables)...)
	if err != nil {
		return 0, fmt.Errorf("cannot read the expression: %s", firstLine(err))
	}
	result, err := expr.Run(program, variables)
	if err != nil {
		return 0, fmt.Errorf("cannot evaluate: %s", firstLine(err))
	}
	value, ok := result.(float64)
	if !ok {
		return 0, fmt.Errorf("cannot show a %T: this notebook knows numbers only", result)
	}
	if math.IsInf(value, 0) || math.IsNaN(value) {
		return 0, errors.New("the result is not a finite number (division by zero, a negative root, or too large)")
	}
	return value, nil
}

func language(variables map[string]any) []expr.Option {
	options := []expr.Option{
		expr.Env(variables),
		expr.DisableAllBuiltins(),
		expr.MaxNodes(500),
		expr.Patch(floats{}),
		// The library's % is for integers alone, and here every number is a float.
		expr.Function("modulo", func(p ...any) (any, error) {
			return math.Mod(p[0].(float64), p[1].(float64)), nil
		}, math.Mod),
		expr.Operator("%", "modulo"),
	}
	for name, compute := range functions {
		options = append(options, expr.Function(name, func(p ...any) (any, error) {
			return compute(p[0].(float64)), nil
		}, compute))
	}
	return options
}

// floats makes every number a float, as integers of the library wrap around silently.
type floats struct{}

func (floats) Visit(node *ast.Node) {
	if whole, ok := (*node).(*ast.IntegerNode); ok {
		ast.Patch(node, &ast.FloatNode{Value: float64(whole.Value)})
	}
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
