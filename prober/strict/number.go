package strict

import (
	"fmt"
	"math"
	"strconv"
)

// Int returns a whole number within bounds, both of them included. Bounds of
// math.MinInt32 and math.MaxInt32 are none that anybody needs to be told of.
func Int(dst *int, least, most int) Value {
	want := "a whole number"
	schema := &Schema{Type: Types{"integer"}, Minimum: bound(least), Maximum: bound(most)}
	if least != math.MinInt32 && most != math.MaxInt32 {
		want = fmt.Sprintf("a whole number from %d to %d", least, most)
	}
	if *dst != 0 {
		schema.Default = *dst
	}
	return Custom(schema, func(r *Reader, n *Node, what string) {
		s, ok := scalar(r, n, what, want, TagInt)
		if !ok {
			return
		}
		i, err := strconv.Atoi(s)
		if err != nil || i < least || i > most {
			r.Wrong(n, what, fmt.Sprintf("a whole number from %d to %d", least, most))
			return
		}
		*dst = i
	})
}

func bound(n int) *float64 {
	if n == math.MinInt32 || n == math.MaxInt32 {
		return nil
	}
	f := float64(n)
	return &f
}

// Float returns a number within bounds, both of them included; infinite bounds
// are none.
func Float(dst *float64, least, most float64) Value {
	schema := &Schema{Type: Types{"number"}}
	want := "a number"
	if !math.IsInf(least, 0) && !math.IsInf(most, 0) {
		want = fmt.Sprintf("a number from %g to %g", least, most)
		schema.Minimum, schema.Maximum = &least, &most
	}
	return number(dst, schema, want, func(f float64) bool { return f >= least && f <= most })
}

// Share returns a number between two bounds, neither of them included.
func Share(dst *float64, least, most float64) Value {
	return number(dst, &Schema{Type: Types{"number"}, ExclusiveMinimum: &least, ExclusiveMaximum: &most},
		fmt.Sprintf("a number above %g and below %g", least, most), func(f float64) bool { return f > least && f < most })
}

func number(dst *float64, schema *Schema, want string, within func(float64) bool) Value {
	if *dst != 0 {
		schema.Default = *dst
	}
	return Custom(schema, func(r *Reader, n *Node, what string) {
		s, ok := scalar(r, n, what, want, TagInt, TagFloat)
		if !ok {
			return
		}
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || math.IsInf(f, 0) || !within(f) {
			r.Wrong(n, what, want)
			return
		}
		*dst = f
	})
}
