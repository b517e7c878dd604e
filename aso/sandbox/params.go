package sandbox

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"

	"comet/aso/lua"
)

// ParamType is the type of a parameter.
type ParamType string

// The parameter types. A duration is given as "10s", "5m", "2h", "1d" or in
// milliseconds, and the handler sees milliseconds.
const (
	ParamInt      ParamType = "int"
	ParamNumber   ParamType = "number"
	ParamString   ParamType = "string"
	ParamBool     ParamType = "bool"
	ParamDuration ParamType = "duration"
)

const maxParams = 64

// ParamSpec declares one parameter of a program.
type ParamSpec struct {
	Name     string
	Type     ParamType
	Default  Value // Nil: the parameter is required
	Min, Max Value // Nil: no bound; of a string they bound its length
}

// Params are checked parameters, immutable and shared by the runs that use them.
type Params struct {
	table *lua.Table
}

// CheckParams parses the given values and fills in the defaults.
func (p *Program) CheckParams(given map[string]string) (Params, error) {
	for name := range given {
		if !hasParam(p.params, name) {
			return Params{}, fmt.Errorf("unknown parameter %q", clip(name, 64))
		}
	}
	values := make([]Value, len(p.params))
	for i, spec := range p.params {
		text, ok := given[spec.Name]
		switch {
		case ok:
			v, err := spec.parse(text)
			if err != nil {
				return Params{}, fmt.Errorf("parameter %q: %w", spec.Name, err)
			}
			values[i] = v
		case spec.Default.Kind == Nil:
			return Params{}, fmt.Errorf("parameter %q is required", spec.Name)
		default:
			values[i] = spec.Default
		}
	}
	return makeParams(p.params, values), nil
}

func hasParam(specs []ParamSpec, name string) bool {
	for i := range specs {
		if specs[i].Name == name {
			return true
		}
	}
	return false
}

func defaultParams(specs []ParamSpec) Params {
	values := make([]Value, len(specs))
	for i := range specs {
		values[i] = specs[i].Default
	}
	return makeParams(specs, values)
}

func makeParams(specs []ParamSpec, values []Value) Params {
	t := lua.NewTable(0, len(specs))
	for i, v := range values {
		switch v.Kind {
		case Bool:
			t.SetString(specs[i].Name, lua.Bool(v.Num != 0))
		case Number:
			t.SetString(specs[i].Name, lua.Number(v.Num))
		case String:
			t.SetString(specs[i].Name, lua.String(v.Str))
		}
	}
	t.Access = lua.ReadOnly
	return Params{t}
}

func (s *ParamSpec) parse(text string) (Value, error) {
	v, err := s.read(text)
	if err != nil {
		return Value{}, err
	}
	return v, s.checkBounds(v)
}

func (s *ParamSpec) read(text string) (Value, error) {
	switch s.Type {
	case ParamInt:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n > 1<<53 || n < -1<<53 {
			return Value{}, fmt.Errorf("%q is not an integer", clip(text, 64))
		}
		return NumberValue(float64(n)), nil
	case ParamNumber:
		f, ok := lua.ParseNumber(text)
		if !ok || f != f {
			return Value{}, fmt.Errorf("%q is not a number", clip(text, 64))
		}
		return NumberValue(f), nil
	case ParamBool:
		switch strings.ToLower(text) {
		case "1", "yes", "true", "on":
			return BoolValue(true), nil
		case "0", "no", "false", "off":
			return BoolValue(false), nil
		}
		return Value{}, fmt.Errorf("%q is not yes or no", clip(text, 64))
	case ParamDuration:
		ms, ok := parseDuration(text)
		if !ok {
			return Value{}, fmt.Errorf("%q is not a duration", clip(text, 64))
		}
		return NumberValue(float64(ms)), nil
	default:
		return StringValue(text), nil
	}
}

// parseDuration returns milliseconds.
func parseDuration(text string) (int64, bool) {
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil {
		return ms, ms >= 0 && ms <= 1<<53
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseInt(days, 10, 32)
		return n * 86_400_000, err == nil && n >= 0
	}
	d, err := time.ParseDuration(text)
	return d.Milliseconds(), err == nil && d >= 0
}

func (s *ParamSpec) checkBounds(v Value) error {
	size := v.Num
	if v.Kind == String {
		size = float64(len(v.Str))
	}
	if s.Min.Kind == Number && size < s.Min.Num {
		return fmt.Errorf("less than %s", lua.NumberText(s.Min.Num))
	}
	if s.Max.Kind == Number && size > s.Max.Num {
		return fmt.Errorf("more than %s", lua.NumberText(s.Max.Num))
	}
	return nil
}

// readParamSpecs reads the params table of a program, whose entries stand in the given lines.
func readParamSpecs(v lua.Value, lines map[string]int) ([]ParamSpec, error) {
	t := v.Table()
	if t == nil {
		return nil, nil
	}
	var specs []ParamSpec
	for k, v, _ := t.Next(lua.Nil); !k.IsNil(); k, v, _ = t.Next(k) {
		name, isName := k.Text()
		decl := v.Table()
		if !isName || decl == nil {
			return nil, &CompileError{lines[name], "params: want name = { type = ..., default = ... }"}
		}
		spec, err := readParamSpec(name, decl)
		if err != nil {
			return nil, &CompileError{lines[name], oneLine(fmt.Sprintf("params: %s: %v", clip(name, 64), err))}
		}
		specs = append(specs, spec)
	}
	if len(specs) > maxParams {
		return nil, &CompileError{0, fmt.Sprintf("params: more than %d", maxParams)}
	}
	sort.Slice(specs, func(i, j int) bool { return specs[i].Name < specs[j].Name })
	return specs, nil
}

func readParamSpec(name string, decl *lua.Table) (ParamSpec, error) {
	spec := ParamSpec{Name: name, Type: ParamString}
	if len(name) > 64 {
		return spec, fmt.Errorf("name is too long")
	}
	for k, v, _ := decl.Next(lua.Nil); !k.IsNil(); k, v, _ = decl.Next(k) {
		field, _ := k.Text()
		switch field {
		case "type":
			text, _ := v.Text()
			spec.Type = ParamType(text)
		case "default", "min", "max", "doc":
		default:
			return spec, fmt.Errorf("unknown field %q", clip(errorText(k), 64))
		}
	}
	switch spec.Type {
	case ParamInt, ParamNumber, ParamString, ParamBool, ParamDuration:
	default:
		return spec, fmt.Errorf("unknown type %q", clip(string(spec.Type), 64))
	}
	return spec, spec.readValues(decl)
}

// readValues reads the bounds and the default, which must obey them.
func (s *ParamSpec) readValues(decl *lua.Table) error {
	bounds := *s
	if s.Type == ParamString {
		bounds.Type = ParamInt
	}
	var err error
	if s.Min, err = bounds.literal(decl, "min"); err != nil {
		return err
	}
	if s.Max, err = bounds.literal(decl, "max"); err != nil {
		return err
	}
	if s.Default, err = s.literal(decl, "default"); err != nil || s.Default.Kind == Nil {
		return err
	}
	if err := s.checkBounds(s.Default); err != nil {
		return fmt.Errorf("default: %w", err)
	}
	return nil
}

// literal reads a value that the source gives as text or as a Lua value.
func (s *ParamSpec) literal(decl *lua.Table, field string) (Value, error) {
	var text string
	given := decl.GetString(field)
	switch given.Kind() {
	case lua.KindNil:
		return Value{}, nil
	case lua.KindBool:
		text = "no"
		if given.True() {
			text = "yes"
		}
	case lua.KindNumber:
		f, _ := given.Number()
		text = string(appendArgument(nil, f))
	case lua.KindString:
		text, _ = given.Text()
	default:
		return Value{}, fmt.Errorf("%s is a %s value", field, given.TypeName())
	}
	v, err := s.read(text)
	if err != nil {
		return Value{}, fmt.Errorf("%s: %w", field, err)
	}
	return v, nil
}
