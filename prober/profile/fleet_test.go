package profile

import (
	"fmt"
	"testing"

	"github.com/hookdrill/hookdrill/prober"
)

// TestFleet does to single instances what a scenario does: none of it is an
// end of the sender, and publishing goes on all the while.
func TestFleet(t *testing.T) {
	r := open(t, lively(t, ""), Options{})
	s := live(t, r, prober.World{Dir: t.TempDir()})
	fleet, proc := s.(prober.Fleet), s.(prober.Process)
	for _, step := range []struct {
		reason string
		do     func() error
		want   string
		// there are to be so many, of which so many live
		instances, live int
	}{
		{"one of two is killed", func() error { return fleet.KillInstance(2) }, "<nil>", 2, 1},
		{"it is dead already", func() error { return fleet.KillInstance(2) }, "instance 2 does not run", 2, 1},
		{"it comes back", func() error { return fleet.StartInstance(t.Context(), 2) }, "<nil>", 2, 2},
		{"it is there already", func() error { return fleet.StartInstance(t.Context(), 2) }, "<nil>", 2, 2},
		{"there is no third", func() error { return fleet.KillInstance(3) }, "there is no instance 3 of 2", 2, 2},
		{"counting begins at one", func() error { return fleet.StartInstance(t.Context(), 0) }, "there is no instance 0 of 2", 2, 2},
		{"a third is added, on ports of its own", func() error { return fleet.Scale(t.Context(), 3) }, "<nil>", 3, 3},
		{"the third is killed", func() error { return fleet.KillInstance(3) }, "<nil>", 3, 2},
		{"what is dead need not be stopped", func() error { return fleet.Scale(t.Context(), 2) }, "<nil>", 2, 2},
		{"nobody is no scale", func() error { return fleet.Scale(t.Context(), 0) }, "scale to 0: want at least 1", 2, 2},
		{"the last is stopped in order", func() error { return fleet.Scale(t.Context(), 1) }, "<nil>", 1, 1},
	} {
		if got := fmt.Sprint(step.do()); got != step.want {
			t.Errorf("%s: %s, want %s", step.reason, got, step.want)
		}
		if n, alive := fleet.Instances(), len(r.Instances()); n != step.instances || alive != step.live {
			t.Errorf("%s: %d instances of which %d live, want %d and %d", step.reason, n, alive, step.instances, step.live)
		}
		if err := s.Publish(t.Context(), sample1(1)); err != nil {
			t.Errorf("%s: publish: %v", step.reason, err)
		}
		select {
		case <-proc.Exited():
			t.Fatalf("%s: the sender has ended", step.reason)
		default:
		}
	}
	if err := proc.Kill(); err != nil {
		t.Fatal(err)
	}
	<-proc.Exited()
	if got, want := fmt.Sprint(fleet.StartInstance(t.Context(), 1)), "the sender is being stopped"; got != want {
		t.Errorf("one instance of a dead sender: %s, want %s", got, want)
	}
	next := live(t, r, prober.World{Dir: t.TempDir()})
	if n := next.(prober.Fleet).Instances(); n != 2 {
		t.Errorf("the next life has %d instances, want 2 as the profile says", n)
	}
	select {
	case <-next.(prober.Process).Exited():
		t.Error("the next life has ended with the one before")
	default:
	}
}

// TestFleetOfSeveralCommands counts instances through, and does not guess
// which command is to be scaled.
func TestFleetOfSeveralCommands(t *testing.T) {
	onPath(t, "sender", "idle")
	p, err := Parse("two.yaml", []byte(`
version: 1
name: two
process:
  commands:
    - {name: first, run: [sender, "{{.Port.api}}"], ports: [api], delivers: true}
    - {name: helper, run: [sender, "{{.Port.help}}"], ports: [help]}
    - {name: second, run: [sender, "{{.Port.more}}"], ports: [more], delivers: true}
subscribe: [{url: "http://127.0.0.1:{{.Port.api}}/subscribe"}]
publish: [{url: "http://127.0.0.1:{{.Port.api}}/publish"}]
declares: {}
`))
	if err != nil {
		t.Fatal(err)
	}
	r := open(t, p, Options{})
	fleet := live(t, r, prober.World{Dir: t.TempDir()}).(prober.Fleet)
	second := r.groups[2].instances()[0]
	if err := fleet.KillInstance(2); err != nil {
		t.Fatal(err)
	}
	<-second.Exited()
	if got := fmt.Sprint(fleet.Scale(t.Context(), 3)); got != errSeveral.Error() {
		t.Errorf("scaled: %s, want %s", got, errSeveral)
	}
}
