package plan

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

func (c *compiler) addTraffic() {
	firstKey, events := 0, 0.0
	for i, line := range c.spec.traffic {
		topics := c.target(line.to)
		if len(topics) == 0 {
			continue
		}
		s := Stream{
			From: salted(line.from, c.salts.publish(i)), For: line.dur, Count: int(line.rate.count(line.dur)),
			Keys: line.keys * len(topics), FirstKey: firstKey, Topics: topics,
			MinBody: line.bodyMin, MaxBody: line.bodyMax,
		}
		s.Every = s.For / time.Duration(s.Count)
		c.plan.Streams = append(c.plan.Streams, s)
		c.plan.TrafficEnd = max(c.plan.TrafficEnd, salted(line.from+line.dur, grid+c.salts.trafficEnd()))
		if firstKey += s.Keys; firstKey > maxKeys {
			c.Add(line.Pos, "traffic", "more than %d ordering keys: each addressee has its own", maxKeys)
		}
		if events += float64(s.Count); events > maxEvents {
			c.Add(line.Pos, "traffic", "more than %d events", maxEvents)
		}
	}
}

// target returns the topics of a stream's events, making those that are new.
func (c *compiler) target(to target) []int {
	if to.kind == toOne {
		topics := make([]int, 0, len(c.plan.Endpoints))
		for i, e := range c.plan.Endpoints {
			topics = append(topics, c.topic("endpoint."+e.Name, []int{i}))
		}
		return topics
	}
	indexes := c.selected(to.where)
	switch {
	case len(indexes) == 0:
		return nil
	case to.kind == toAll:
		return []int{c.topic("all", indexes)}
	default:
		return []int{c.topic(c.whereName(indexes), indexes)}
	}
}

// whereName names the topic of a selection. Its labels would make a better
// name, but senders are choosy about what a topic may be called.
func (c *compiler) whereName(endpoints []int) string {
	const prefix = "where."
	n := 1
	for _, t := range c.plan.Topics {
		if strings.HasPrefix(t.Name, prefix) {
			if slices.Equal(t.Endpoints, endpoints) {
				return t.Name
			}
			n++
		}
	}
	return prefix + strconv.Itoa(n)
}

// topic returns the index of the topic of that name, which it makes where
// there is none.
func (c *compiler) topic(name string, endpoints []int) int {
	if i, ok := c.topics[name]; ok {
		return i
	}
	i := len(c.plan.Topics)
	c.topics[name] = i
	c.plan.Topics = append(c.plan.Topics, Topic{Name: name, Endpoints: endpoints})
	for _, e := range endpoints {
		c.plan.Endpoints[e].Topics = append(c.plan.Endpoints[e].Topics, name)
	}
	return i
}
