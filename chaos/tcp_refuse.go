package chaos

func refuseKind() Kind {
	return build(Kind{
		Name:   "refuse",
		Layer:  LayerConnect,
		Doc:    "refuses connections, as a port does where nobody listens",
		Expect: "tries again on the declared schedule; connections that were open before may be used on",
	}, func(*values) (Fault, error) {
		return Fault{Door: func(d Door) (func() error, error) { return d.Refuse() }}, nil
	})
}
