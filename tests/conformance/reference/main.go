// Reads one file in base64 a line, and answers each with one line of JSON: what the reference says of it, and its format.
// With -evaluate it answers with the value of the file's first attribute, as JSON, instead.
// With -time N it says how long the reference takes to parse standard input; with -functions each line is a call.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

type problem struct {
	Summary string `json:"summary"`
	Detail  string `json:"detail"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Start   int    `json:"start"`
	End     int    `json:"end"`
}

type answer struct {
	Problems  []problem `json:"problems"`
	Formatted string    `json:"formatted"`
	Panic     string    `json:"panic,omitempty"`
}

func read(src []byte) (a answer) {
	defer func() {
		if r := recover(); r != nil {
			a.Panic = "panic"
		}
	}()
	a.Problems = []problem{}
	_, diags := hclsyntax.ParseConfig(src, "f.hcl", hcl.Pos{Byte: 0, Line: 1, Column: 1})
	for _, d := range diags {
		if d.Severity != hcl.DiagError {
			continue
		}
		p := problem{Summary: d.Summary, Detail: d.Detail}
		if d.Subject != nil {
			p.Line, p.Column, p.Start, p.End = d.Subject.Start.Line, d.Subject.Start.Column, d.Subject.Start.Byte, d.Subject.End.Byte
		}
		a.Problems = append(a.Problems, p)
	}
	if len(a.Problems) == 0 {
		a.Formatted = base64.StdEncoding.EncodeToString(hclwrite.Format(src))
	}
	return a
}

type value struct {
	// Empty where it has none.
	JSON string `json:"json"`
	Why  string `json:"why"`
}

var scope = &hcl.EvalContext{Functions: map[string]function.Function{"jsonencode": stdlib.JSONEncodeFunc}}

func evaluate(src []byte) value {
	file, diags := hclsyntax.ParseConfig(src, "f.hcl", hcl.Pos{Byte: 0, Line: 1, Column: 1})
	if diags.HasErrors() {
		return value{Why: diags.Error()}
	}
	attributes, diags := file.Body.JustAttributes()
	if diags.HasErrors() {
		return value{Why: diags.Error()}
	}
	for _, attribute := range attributes {
		found, diags := attribute.Expr.Value(scope)
		if diags.HasErrors() {
			return value{Why: diags.Error()}
		}
		if !found.IsWhollyKnown() {
			return value{Why: "unknown"}
		}
		written, err := ctyjson.Marshal(found, found.Type())
		if err != nil {
			return value{Why: err.Error()}
		}
		return value{JSON: string(written)}
	}
	return value{Why: "no attribute"}
}

// The shortest of some parses of what stands on standard input, in nanoseconds.
func shortest(times int) int64 {
	src, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	best := int64(1 << 62)
	for i := 0; i < times; i++ {
		begun := time.Now()
		hclsyntax.ParseConfig(src, "f.hcl", hcl.Pos{Byte: 0, Line: 1, Column: 1})
		if took := time.Since(begun).Nanoseconds(); took < best {
			best = took
		}
	}
	return best
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == "-time" {
		times, err := strconv.Atoi(os.Args[2])
		if err != nil {
			panic(err)
		}
		fmt.Println(shortest(times))
		return
	}
	answer := func(src []byte) any { return read(src) }
	if len(os.Args) == 2 && os.Args[1] == "-evaluate" {
		answer = func(src []byte) any { return evaluate(src) }
	}
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	if len(os.Args) == 2 && os.Args[1] == "-functions" {
		answerCalls(func() ([]byte, error) { return in.ReadBytes('\n') }, func(line []byte) {
			out.Write(line)
			out.Flush()
		})
		return
	}
	encoder := json.NewEncoder(out)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			break
		}
		src, err := base64.StdEncoding.DecodeString(string(line[:len(line)-1]))
		if err != nil {
			panic(err)
		}
		if err := encoder.Encode(answer(src)); err != nil {
			panic(err)
		}
		out.Flush()
	}
}
