package chaos

func blackholeKind() Kind {
	return build(Kind{
		Name:   "blackhole",
		Layer:  LayerConnect,
		Doc:    "lets connecting hang: nobody answers, nobody refuses",
		Expect: "gives up connecting within the declared timeout and tries again; other endpoints get their events in time",
	}, func(*values) (Fault, error) {
		return Fault{Stalls: true, Door: func(d Door) (func() error, error) { return d.Blackhole() }}, nil
	})
}
