package event

import "testing"

func BenchmarkScan(b *testing.B) {
	body := NewBody(sample, "order.paid", knownTime, 4096)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		Scan(body, "k3x", func(Token) bool { return true })
	}
}

func BenchmarkCheckBody(b *testing.B) {
	body := NewBody(sample, "order.paid", knownTime, 4096)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if CheckBody(body) != Intact {
			b.Fatal("damaged")
		}
	}
}

func BenchmarkNewBody(b *testing.B) {
	b.SetBytes(4096)
	b.ReportAllocs()
	for b.Loop() {
		NewBody(sample, "order.paid", knownTime, 4096)
	}
}
