package strict

import (
	"fmt"
	"math"
	"strconv"
)

// Int returns a whole number within bounds, both of them included. Bounds of
// math.MinInt32 and math.MaxInt32 are none that anybody needs to be told of.
func Int(dst *int, least, most int) Value {
	schema := func() *Schema {
		s := &Schema{Type: Types{"integer"}, Minimum: bound(least), Maximum: bound(most)}
		if *dst != 0 {
			s.Default = *dst
		}
		return s
	}
	return Custom(schema, func(r *Reader, n *Node, what string) {
		want := "a whole number"
		if least != math.MinInt32 && most != math.MaxInt32 {
			want = fmt.Sprintf("a whole number from %d to %d", least, most)
		}
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
	if math.IsInf(least, 0) || math.IsInf(most, 0) {
		return number(dst, Schema{}, "a number", func(float64) bool { return true })
	}
	return number(dst, Schema{Minimum: &least, Maximum: &most}, fmt.Sprintf("a number from %g to %g", least, most),
		func(f float64) bool { return f >= least && f <= most })
}

// Share returns a number between two bounds, neither of them included.
func Share(dst *float64, least, most float64) Value {
	return number(dst, Schema{ExclusiveMinimum: &least, ExclusiveMaximum: &most},
		fmt.Sprintf("a number above %g and below %g", least, most), func(f float64) bool { return f > least && f < most })
}

func number(dst *float64, s Schema, want string, within func(float64) bool) Value {
	schema := func() *Schema {
		s.Type = Types{"number"}
		if *dst != 0 {
			s.Default = *dst
		}
		return &s
	}
	return Custom(schema, func(r *Reader, n *Node, what string) {
		s, ok := scalar(r, n, what, want, TagInt, TagFloat)
		if !ok {
			return
		}
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || math.IsInf(f, 0) || math.IsNaN(f) || !within(f) {
			r.Wrong(n, what, want)
			return
		}
		*dst = f
	})
}
