package main

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/url"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// A call of functions: an expression, and the variables in it as JSON.
type question struct {
	Call      string                     `json:"call"`
	Variables map[string]json.RawMessage `json:"variables"`
}

type result struct {
	Value json.RawMessage `json:"value,omitempty"`
	Error string          `json:"error,omitempty"`
}

func evaluateCall(line []byte) (r result) {
	defer func() {
		if recover() != nil {
			r = result{Error: "panic"}
		}
	}()
	var asked question
	if err := json.Unmarshal(line, &asked); err != nil {
		panic(err)
	}
	variables := map[string]cty.Value{}
	for name, written := range asked.Variables {
		value, err := decoded(written)
		if err != nil {
			return result{Error: "the argument: " + err.Error()}
		}
		variables[name] = value
	}
	expression, problems := hclsyntax.ParseExpression([]byte(asked.Call), "call", hcl.InitialPos)
	if problems.HasErrors() {
		return result{Error: problems.Error()}
	}
	value, problems := expression.Value(&hcl.EvalContext{Variables: variables, Functions: functions})
	if problems.HasErrors() {
		return result{Error: problems.Error()}
	}
	written, err := ctyjson.Marshal(value, value.Type())
	if err != nil {
		return result{Error: err.Error()}
	}
	return result{Value: written}
}

func decoded(written []byte) (cty.Value, error) {
	kind, err := ctyjson.ImpliedType(written)
	if err != nil {
		return cty.NilVal, err
	}
	return ctyjson.Unmarshal(written, kind)
}

// What cty's own library has, under the names that Interlock gives it.
var functions = map[string]function.Function{
	"abs":                    stdlib.AbsoluteFunc,
	"can":                    tryfunc.CanFunc,
	"ceil":                   stdlib.CeilFunc,
	"chomp":                  stdlib.ChompFunc,
	"chunklist":              stdlib.ChunklistFunc,
	"coalesce":               stdlib.CoalesceFunc,
	"coalescelist":           stdlib.CoalesceListFunc,
	"compact":                stdlib.CompactFunc,
	"concat":                 stdlib.ConcatFunc,
	"contains":               stdlib.ContainsFunc,
	"csvdecode":              stdlib.CSVDecodeFunc,
	"distinct":               stdlib.DistinctFunc,
	"element":                stdlib.ElementFunc,
	"flatten":                stdlib.FlattenFunc,
	"floor":                  stdlib.FloorFunc,
	"format":                 stdlib.FormatFunc,
	"formatdate":             stdlib.FormatDateFunc,
	"formatlist":             stdlib.FormatListFunc,
	"indent":                 stdlib.IndentFunc,
	"int":                    stdlib.IntFunc,
	"join":                   stdlib.JoinFunc,
	"jsondecode":             stdlib.JSONDecodeFunc,
	"jsonencode":             stdlib.JSONEncodeFunc,
	"keys":                   stdlib.KeysFunc,
	"log":                    stdlib.LogFunc,
	"lookup":                 stdlib.LookupFunc,
	"lower":                  stdlib.LowerFunc,
	"max":                    stdlib.MaxFunc,
	"merge":                  stdlib.MergeFunc,
	"min":                    stdlib.MinFunc,
	"parseint":               stdlib.ParseIntFunc,
	"pow":                    stdlib.PowFunc,
	"range":                  stdlib.RangeFunc,
	"regex":                  stdlib.RegexFunc,
	"regexall":               stdlib.RegexAllFunc,
	"regexreplace":           stdlib.RegexReplaceFunc,
	"replace":                stdlib.ReplaceFunc,
	"reverse":                stdlib.ReverseListFunc,
	"setintersection":        stdlib.SetIntersectionFunc,
	"setproduct":             stdlib.SetProductFunc,
	"setsubtract":            stdlib.SetSubtractFunc,
	"setsymmetricdifference": stdlib.SetSymmetricDifferenceFunc,
	"setunion":               stdlib.SetUnionFunc,
	"signum":                 stdlib.SignumFunc,
	"slice":                  stdlib.SliceFunc,
	"sort":                   stdlib.SortFunc,
	"split":                  stdlib.SplitFunc,
	"strrev":                 stdlib.ReverseFunc,
	"substr":                 stdlib.SubstrFunc,
	"timeadd":                stdlib.TimeAddFunc,
	"title":                  stdlib.TitleFunc,
	"tobool":                 stdlib.MakeToFunc(cty.Bool),
	"tolist":                 stdlib.MakeToFunc(cty.List(cty.DynamicPseudoType)),
	"tomap":                  stdlib.MakeToFunc(cty.Map(cty.DynamicPseudoType)),
	"tonumber":               stdlib.MakeToFunc(cty.Number),
	"toset":                  stdlib.MakeToFunc(cty.Set(cty.DynamicPseudoType)),
	"tostring":               stdlib.MakeToFunc(cty.String),
	"trim":                   stdlib.TrimFunc,
	"trimprefix":             stdlib.TrimPrefixFunc,
	"trimspace":              stdlib.TrimSpaceFunc,
	"trimsuffix":             stdlib.TrimSuffixFunc,
	"try":                    tryfunc.TryFunc,
	"upper":                  stdlib.UpperFunc,
	"values":                 stdlib.ValuesFunc,
	"zipmap":                 stdlib.ZipmapFunc,
}

// What tools that speak HCL add to it, as thin wrappers around Go's own library.
func init() {
	texts := map[string]func(string) (string, error){
		"base64encode": func(s string) (string, error) { return base64.StdEncoding.EncodeToString([]byte(s)), nil },
		"base64decode": func(s string) (string, error) {
			found, err := base64.StdEncoding.DecodeString(s)
			return readable(string(found), err)
		},
		"urlencode": func(s string) (string, error) { return url.QueryEscape(s), nil },
		"urldecode": func(s string) (string, error) { return readable(url.QueryUnescape(s)) },
		"md5":       func(s string) (string, error) { sum := md5.Sum([]byte(s)); return hex.EncodeToString(sum[:]), nil },
		"sha1":      func(s string) (string, error) { sum := sha1.Sum([]byte(s)); return hex.EncodeToString(sum[:]), nil },
		"sha256": func(s string) (string, error) {
			sum := sha256.Sum256([]byte(s))
			return hex.EncodeToString(sum[:]), nil
		},
		"sha512": func(s string) (string, error) {
			sum := sha512.Sum512([]byte(s))
			return hex.EncodeToString(sum[:]), nil
		},
		"base64sha256": func(s string) (string, error) {
			sum := sha256.Sum256([]byte(s))
			return base64.StdEncoding.EncodeToString(sum[:]), nil
		},
		"base64sha512": func(s string) (string, error) {
			sum := sha512.Sum512([]byte(s))
			return base64.StdEncoding.EncodeToString(sum[:]), nil
		},
		"basename": func(s string) (string, error) { return path.Base(s), nil },
		"dirname":  func(s string) (string, error) { return path.Dir(s), nil },
	}
	for name, apply := range texts {
		functions[name] = ofTexts([]string{"text"}, cty.String, func(s ...string) (cty.Value, error) {
			made, err := apply(s[0])
			return cty.StringVal(made), err
		})
	}
	tests := map[string]func(string, string) bool{
		"startswith": strings.HasPrefix, "endswith": strings.HasSuffix, "strcontains": strings.Contains,
	}
	for name, apply := range tests {
		functions[name] = ofTexts([]string{"text", "part"}, cty.Bool, func(s ...string) (cty.Value, error) {
			return cty.BoolVal(apply(s[0], s[1])), nil
		})
	}
	functions["timecmp"] = ofTexts([]string{"first", "second"}, cty.Number, func(s ...string) (cty.Value, error) {
		var moments [2]time.Time
		for i, written := range s {
			if _, err := stdlib.TimeAdd(cty.StringVal(written), cty.StringVal("0s")); err != nil {
				return cty.NilVal, err // Go's own parser takes more
			}
			moments[i], _ = time.Parse(time.RFC3339, written)
		}
		return cty.NumberIntVal(int64(moments[0].Compare(moments[1]))), nil
	})
	functions["length"] = function.New(&function.Spec{
		Params: []function.Parameter{{Name: "value", Type: cty.DynamicPseudoType}},
		Type:   function.StaticReturnType(cty.Number),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			switch {
			case args[0].Type() == cty.String:
				return stdlib.Strlen(args[0])
			case args[0].Type().IsObjectType():
				return cty.NumberIntVal(int64(len(args[0].Type().AttributeTypes()))), nil
			}
			return stdlib.Length(args[0])
		},
	})
	functions["templatestring"] = function.New(&function.Spec{
		Params: []function.Parameter{{Name: "template", Type: cty.String}, {Name: "variables", Type: cty.DynamicPseudoType}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if !args[1].Type().IsObjectType() {
				return cty.NilVal, errors.New("the variables are no object")
			}
			within := map[string]function.Function{}
			for name, each := range functions {
				if name != "templatestring" {
					within[name] = each
				}
			}
			expression, problems := hclsyntax.ParseTemplate([]byte(args[0].AsString()), "template", hcl.InitialPos)
			if problems.HasErrors() {
				return cty.NilVal, problems
			}
			value, problems := expression.Value(&hcl.EvalContext{Variables: args[1].AsValueMap(), Functions: within})
			if problems.HasErrors() {
				return cty.NilVal, problems
			}
			value, err := convert.Convert(value, cty.String)
			if err == nil && value.IsNull() {
				err = errors.New("it is null")
			}
			return value, err
		},
	})
}

func readable(text string, err error) (string, error) {
	if err == nil && !utf8.ValidString(text) {
		err = errors.New("not UTF-8")
	}
	return text, err
}

func ofTexts(names []string, kind cty.Type, apply func(...string) (cty.Value, error)) function.Function {
	parameters := make([]function.Parameter, len(names))
	for i, name := range names {
		parameters[i] = function.Parameter{Name: name, Type: cty.String}
	}
	return function.New(&function.Spec{
		Params: parameters,
		Type:   function.StaticReturnType(kind),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			words := make([]string, len(args))
			for i, arg := range args {
				words[i] = arg.AsString()
			}
			return apply(words...)
		},
	})
}

// One line of JSON for each call on standard input.
func answerCalls(lines func() ([]byte, error), write func([]byte)) {
	for {
		line, err := lines()
		if err != nil {
			return
		}
		var out bytes.Buffer
		encoder := json.NewEncoder(&out)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(evaluateCall(line)); err != nil {
			panic(err)
		}
		write(out.Bytes())
	}
}
