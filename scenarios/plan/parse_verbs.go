package plan

import (
	"slices"

	"github.com/hookdrill/hookdrill/prober/strict"
)

// deployKind is the kind of fault behind a deploy line.
const deployKind = "deploy"

// maxTimes bounds how often one line repeats an action.
const maxTimes = 1000

// verbRule is what may stand on a line beside its verb.
type verbRule struct {
	name string
	verb verb
	keys []string
	// lasts says that the line needs an end.
	lasts bool
}

func verbRules() []verbRule {
	ofFault := []string{"at", "when", "for", "until", "id", "where", "attempts", "keys", "limit", "place"}
	return []verbRule{
		{"fault", verbFault, ofFault, true},
		{"deploy", verbDeploy, ofFault, true},
		{"sender", verbSender, []string{"at", "when", "for", "until", "id", "instance", "every", "times", "grace", "to"}, true},
		{"dependency", verbDependency, []string{"at", "when", "id"}, false},
		{"heal", verbHeal, []string{"at", "where"}, false},
		{"mark", verbMark, []string{"at"}, false},
	}
}

// actionRules are what may stand beside the actions of a sender line.
func actionRules() []verbRule {
	with := func(action string, keys ...string) verbRule {
		return verbRule{name: action, keys: append([]string{"at", "when", "for", "until", "id"}, keys...)}
	}
	return []verbRule{
		with(ActionKill, "instance", "every", "times"), with(ActionTerm, "grace", "every", "times"),
		with(ActionPause, "every", "times"), with(ActionScale, "to"),
	}
}

func ruleNames(rules []verbRule) []string {
	names := make([]string, len(rules))
	for i, rule := range rules {
		names[i] = rule.name
	}
	return names
}

// verbFields are the verbs of a line, and what belongs to one of them only.
func (r *reader) verbFields(line *timelineLine) []strict.Field {
	s := &line.sender
	return []strict.Field{
		strict.Key("fault", "Makes requests go wrong while the line lasts.", r.fault(&line.fault)),
		strict.Key("deploy", "Takes the endpoints through a deploy while the line lasts.", r.deploy(&line.fault)),
		strict.Key("sender", "Acts on the sender, which is back when the line ends.",
			strict.OneOf(&line.text, "action", ruleNames(actionRules())...)),
		strict.Key("dependency", "Acts on what the sender's profile says that it needs.", dependency(&line.dependency)),
		strict.Key("heal", "Ends the fault of that id earlier, for all or for some.", strict.Printable(&line.text)),
		strict.Key("mark", "A line in the report.", strict.Printable(&line.text)),
		strict.Key("instance", "Which instance is killed; by default all.", strict.Int(&s.instance, 1, maxTimes)),
		strict.Key("to", "Number of instances that scale makes it.", strict.Int(&s.to, 1, maxTimes)),
		strict.Key("every", "How far apart repetitions are.", strict.Least(&s.every, minSpan)),
		strict.Key("times", "How often it is done.", strict.Int(&s.times, 1, maxTimes)),
		strict.Key("grace", "How long it may take to end on SIGTERM before it is killed.", strict.Least(&s.grace, minSpan)),
	}
}

// besides are the keys of a line that are no verbs.
func besides() []string {
	return []string{"at", "when", "for", "until", "id", "where", "attempts", "keys", "limit", "place", "instance", "to", "every", "times", "grace"}
}

// others returns the keys that mean nothing on a line with a verb.
func (v verbRule) others() []string {
	return slices.DeleteFunc(besides(), func(key string) bool { return slices.Contains(v.keys, key) })
}

const needsVerb = "a line needs one of fault, deploy, sender, dependency, heal and mark"

// lineShape is what verb and checkTiming see to.
func lineShape() []*strict.Schema {
	const both = "every and times come together"
	atPublish := strict.With("place")
	atPublish.Properties = strict.Properties{{Name: "place", Schema: &strict.Schema{Const: placePublish}}}
	all := []*strict.Schema{
		strict.Any(needsVerb, ruleNames(verbRules())...), strict.Exactly("a line has at or when", "at", "when"),
		{If: strict.With("until"), Then: strict.Without("a line with until has neither for nor when", "for", "when")},
		{If: strict.With("times"), Then: strict.Any(both, "every")}, {If: strict.With("every"), Then: strict.Any(both, "times")},
		{If: strict.With("every"), Then: strict.Without("a line with every has neither when nor until", "when", "until")},
		{If: atPublish, Then: strict.Without("means nothing at the publish API: it is one place", "where")},
	}
	names := ruleNames(verbRules())
	for i, rule := range verbRules() {
		then := strict.Without("means nothing on a line with "+rule.name, append(rule.others(), names[i+1:]...)...)
		if rule.lasts {
			then.AnyOf = strict.Any(rule.name+" needs for or until", "for", "until").AnyOf
		}
		all = append(all, &strict.Schema{If: strict.With(rule.name), Then: then})
	}
	for _, rule := range actionRules() {
		when := strict.With("sender")
		when.Properties = strict.Properties{{Name: "sender", Schema: &strict.Schema{Const: rule.name}}}
		then := strict.Without("means nothing on a line with sender: "+rule.name, rule.others()...)
		if rule.name == ActionScale {
			then.AnyOf = strict.Any("scale needs to: the number of instances", "to").AnyOf
		}
		all = append(all, &strict.Schema{If: when, Then: then})
	}
	return all
}

// verb reads the one thing that a line does, and reports the keys that say
// nothing about it.
func (r *reader) verb(n *strict.Node, has strict.Given, line *timelineLine) {
	var verbs []verbRule
	for _, rule := range verbRules() {
		if has.Has(rule.name) {
			verbs = append(verbs, rule)
		}
	}
	switch len(verbs) {
	case 0:
		r.Add(n.Pos, "timeline", needsVerb)
		return
	case 1:
	default:
		r.Add(has[verbs[1].name].Pos, "timeline", "a line does one thing: %s or %s", verbs[0].name, verbs[1].name)
		return
	}
	rule := verbs[0]
	value := has[rule.name]
	line.verb, line.textAt = rule.verb, value.Pos
	before := r.Len()
	if rule.verb == verbSender {
		r.sender(n, has, line)
	} else {
		r.only(has, rule.name, rule)
	}
	if rule.lasts && !has.Has("for") && !has.Has("until") {
		r.Add(n.Pos, rule.name, "needs for or until")
	}
	if r.Len() == before && line.fault.Kind != "" {
		line.summary = summary(value, line.fault.Kind)
		r.selectable(has, line)
	}
}

// only reports the keys of a line that mean nothing beside its verb.
func (r *reader) only(has strict.Given, verb string, rule verbRule) {
	for _, key := range rule.others() {
		if has.Has(key) {
			r.Add(has[key].Pos, verb, "%s means nothing on a line with %s", key, verb)
		}
	}
}

// sender looks at an action on the sender.
func (r *reader) sender(n *strict.Node, has strict.Given, line *timelineLine) {
	for _, rule := range actionRules() {
		if rule.name == line.text {
			r.only(has, "sender: "+line.text, rule)
		}
	}
	if line.text == ActionScale && !has.Has("to") {
		r.Add(n.Pos, "sender", "scale needs to: the number of instances")
	}
	every := has["every"]
	switch {
	case has.Has("times") != has.Has("every"):
		r.Add(n.Pos, "sender", "every and times come together")
	case every == nil:
	case has.Has("when"):
		r.Add(every.Pos, "every", "means nothing on a line with when")
	case line.dur > 0 && line.sender.every <= line.dur:
		r.Add(every.Pos, "every", "must be more than for: the sender is away for %s each time", strict.FormatDuration(line.dur))
	case has.Has("until"):
		r.Add(has["until"].Pos, "until", "a line with every lasts for each time: give it a for")
	}
}
