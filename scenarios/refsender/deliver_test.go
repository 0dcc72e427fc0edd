package refsender

import (
	"net/http"
	"testing"
	"time"
)

func TestSchedule(t *testing.T) {
	cfg := Default()
	inBubble(t, cfg, always(503), []string{"a"}, func(r *rig) {
		r.live()
		r.publish("a", 1, 1)
		r.publish("a", 1, 2)
		time.Sleep(3 * time.Hour)
		gaps := r.gaps("a", 1, 1)
		if len(gaps) != len(cfg.Schedule) {
			t.Fatalf("event 1 got %d retries, want %d", len(gaps), len(cfg.Schedule))
		}
		for i, g := range gaps {
			least, most := cfg.Policy().Spread(cfg.Schedule[i])
			if g < least || g > most+time.Second {
				t.Errorf("retry %d came after %v, want %v to %v", i+1, g, least, most)
			}
		}
		if len(r.gaps("a", 1, 2)) == 0 {
			t.Error("the next event of the key was not tried after the first was given up")
		}
		time.Sleep(3 * time.Hour)
		if n := r.pending(); n != 0 {
			t.Errorf("%d pending after both were given up", n)
		}
	})
}

func TestDelivered(t *testing.T) {
	inBubble(t, Default(), always(http.StatusNoContent), []string{"a", "b"}, func(r *rig) {
		r.live()
		for i := range uint32(50) {
			r.publish("all", i%5, i/5+1)
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(time.Minute)
		if n := len(r.seen()); n != 100 {
			t.Errorf("%d hits, want 100", n)
		}
		if n := r.pending(); n != 0 {
			t.Errorf("%d pending", n)
		}
	})
}
