package profile

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
)

const stubToken = "eyJhbGciOi.eyJzdWIi.c2lnbmF0dXJl"

func runSvix(args []string) int {
	need("SVIX_JWT_SECRET", "hookdrill-hookdrill-hookdrill")
	if len(args) > 0 && args[0] == "jwt" {
		fmt.Println("Token (Bearer):", stubToken)
		return 0
	}
	need("SVIX_WHITELIST_SUBNETS", "[127.0.0.1/32]")
	need("SVIX_RETRY_SCHEDULE", "[1,5,30,120,300,600,600]")
	need("SVIX_WORKER_REQUEST_TIMEOUT", "1")
	need("SVIX_DB_DSN", "*")
	need("SVIX_REDIS_DSN", "*")
	s := &stub{}
	apps, seen := map[string]bool{}, map[string]bool{}
	return runStub(os.Getenv("SVIX_LISTEN_ADDRESS"), s, map[string]http.HandlerFunc{
		"POST /api/v1/app": bearer(stubToken, func(c call) {
			var b struct{ Name, UID string }
			if !c.body(&b) {
				return
			}
			if apps[b.UID] {
				c.answer(409, map[string]string{"code": "conflict"})
				return
			}
			apps[b.UID] = true
			c.answer(201, map[string]string{"id": "app_1", "uid": b.UID})
		}),
		"POST /api/v1/app/{app}/endpoint": bearer(stubToken, func(c call) {
			var b struct {
				URL, UID, Secret string
				Channels         []string
			}
			if !apps[c.r.PathValue("app")] {
				c.answer(404, map[string]string{"code": "not_found"})
				return
			}
			if c.body(&b) {
				c.answer(201, map[string]string{"id": s.add(stubEndpoint{url: b.URL, secret: b.Secret, topics: b.Channels})})
			}
		}),
		"DELETE /api/v1/app/{app}/endpoint/{id}": bearer(stubToken, func(c call) {
			s.remove(c, c.r.PathValue("id"), 204, nil)
		}),
		"POST /api/v1/app/{app}/msg": bearer(stubToken, func(c call) {
			var b struct {
				EventType, EventID string
				Channels           []string
				Payload            json.RawMessage
			}
			switch {
			case !c.body(&b) || c.told(b.Payload):
			case seen[b.EventID]:
				c.answer(409, map[string]string{"code": "conflict"})
			default:
				seen[b.EventID] = true
				s.deliver("msg_1", b.Channels[0], b.Payload)
				c.answer(202, map[string]string{"id": "msg_1"})
			}
		}),
		"GET /api/v1/app/{app}/attempt/msg/{msg}": bearer(stubToken, func(c call) {
			data := []map[string]any{}
			for _, id := range s.attempts(c.r.PathValue("msg")) {
				// The latest comes first.
				data = append(data, map[string]any{"endpointId": id, "status": 0}, map[string]any{"endpointId": id, "status": 2})
			}
			c.answer(200, map[string]any{"data": data})
		}),
	})
}

func runConvoy(args []string) int {
	text, err := os.ReadFile(args[len(args)-1])
	var config struct {
		Database, Redis struct {
			Host string
			Port int
		}
		Server struct {
			HTTP struct {
				Port      int
				AgentPort int `json:"agent_port"`
			}
		}
	}
	if err == nil {
		err = json.Unmarshal(text, &config)
	}
	if err != nil || config.Database.Port == 0 || config.Redis.Port == 0 {
		fmt.Println("config:", err)
		return 2
	}
	s := &stub{}
	switch args[0] {
	case "migrate":
		return 0
	case "bootstrap":
		fmt.Println(`{"user_id": "u1", "organisation_id": "org1", "api_key": "CO.key.secret"}`)
		return 0
	case "agent":
		return runStub("127.0.0.1:"+strconv.Itoa(config.Server.HTTP.AgentPort), s, nil)
	}
	data := func(v any) map[string]any { return map[string]any{"status": true, "message": "ok", "data": v} }
	const key = "CO.key.secret"
	owners := map[string]string{}
	return runStub("127.0.0.1:"+strconv.Itoa(config.Server.HTTP.Port), s, map[string]http.HandlerFunc{
		"POST /api/v1/projects": bearer(key, func(c call) {
			var b struct {
				Name, Type string
				Config     struct {
					Strategy struct {
						Type       string
						Duration   int
						RetryCount int `json:"retry_count"`
					}
				}
			}
			switch {
			case !c.body(&b):
			case c.r.URL.Query().Get("orgID") != "org1" || b.Type != "outgoing" || b.Config.Strategy.Duration != 2:
				c.answer(400, map[string]any{"status": false, "message": fmt.Sprintf("%+v", b)})
			default:
				c.answer(201, data(map[string]any{"project": map[string]string{"uid": "p1"}}))
			}
		}),
		"POST /api/v1/projects/p1/endpoints": bearer(key, func(c call) {
			var b struct {
				Name, URL, Secret string
				Advanced          bool   `json:"advanced_signatures"`
				Owner             string `json:"owner_id"`
			}
			if c.body(&b) {
				// Nothing goes to it before it has a subscription.
				id := s.add(stubEndpoint{url: b.URL})
				owners[id] = b.Owner
				c.answer(201, data(map[string]string{"uid": id}))
			}
		}),
		"DELETE /api/v1/projects/p1/endpoints/{id}": bearer(key, func(c call) {
			s.remove(c, c.r.PathValue("id"), 200, data(nil))
		}),
		"POST /api/v1/projects/p1/subscriptions": bearer(key, func(c call) {
			var b struct {
				Name     string
				Endpoint string `json:"endpoint_id"`
				Mode     string `json:"delivery_mode"`
				Filter   struct {
					Types []string `json:"event_types"`
				} `json:"filter_config"`
			}
			if !c.body(&b) {
				return
			}
			// As the community edition does, it filters nothing.
			for i := range s.endpoints {
				if s.endpoints[i].id == b.Endpoint && b.Mode == "at_least_once" && fmt.Sprint(b.Filter.Types) == "[*]" {
					s.endpoints[i].topics = []string{owners[b.Endpoint]}
					c.answer(201, data(map[string]string{"uid": "sub_" + b.Endpoint}))
					return
				}
			}
			c.answer(400, map[string]any{"status": false, "message": fmt.Sprintf("%+v", b)})
		}),
		"DELETE /api/v1/projects/p1/subscriptions/{id}": bearer(key, func(c call) {
			id, known := strings.CutPrefix(c.r.PathValue("id"), "sub_")
			if i := slices.IndexFunc(s.endpoints, func(e stubEndpoint) bool { return e.id == id }); known && i >= 0 {
				s.endpoints[i].topics = nil
				c.answer(200, data(nil))
				return
			}
			c.answer(404, map[string]any{"status": false, "message": "failed to find subscription"})
		}),
		"POST /api/v1/projects/p1/events/fanout": bearer(key, func(c call) {
			var b struct {
				Owner string `json:"owner_id"`
				Type  string `json:"event_type"`
				Key   string `json:"idempotency_key"`
				Data  json.RawMessage
			}
			if c.body(&b) && !c.told(b.Data) {
				s.deliver("ev1", b.Owner, b.Data)
				c.answer(201, data(map[string]string{"uid": "ev1"}))
			}
		}),
		"GET /api/v1/projects/p1/eventdeliveries": bearer(key, func(c call) {
			content := []any{}
			for _, id := range s.attempts(c.r.URL.Query().Get("eventId")) {
				content = append(content, map[string]any{"endpoint_metadata": map[string]string{"uid": id}, "status": "Success"})
			}
			c.answer(200, data(map[string]any{"content": content}))
		}),
	})
}
