package profile

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
)

func runOutpost(args []string) int {
	need("POSTGRES_URL", "*")
	need("REDIS_HOST", "127.0.0.1")
	if args[0] == "migrate" {
		return 0
	}
	need("RABBITMQ_SERVER_URL", "*")
	need("RETRY_SCHEDULE", "1,1,2,4,8,16,32,64,128,256")
	need("DELIVERY_TIMEOUT_SECONDS", "1")
	const key = "hookdrill-api-key"
	need("API_KEY", key)
	s := &stub{}
	tenants := map[string]bool{}
	return runStub("127.0.0.1:"+os.Getenv("API_PORT"), s, map[string]http.HandlerFunc{
		"GET /api/v1/healthz": anyone(func(c call) { c.answer(200, "ok") }),
		"PUT /api/v1/tenants/{t}": bearer(key, func(c call) {
			tenants[c.r.PathValue("t")] = true
			c.answer(201, map[string]string{"id": c.r.PathValue("t")})
		}),
		"POST /api/v1/tenants/{t}/destinations": bearer(key, func(c call) {
			var b struct {
				Type        string
				Topics      []string
				Config      struct{ URL string }
				Credentials struct{ Secret string }
			}
			switch t := c.r.PathValue("t"); {
			case !c.body(&b):
			case !tenants[t]:
				c.answer(404, map[string]string{"message": "no tenant"})
			default:
				c.answer(201, map[string]string{"id": s.add(stubEndpoint{url: b.Config.URL, secret: b.Credentials.Secret, topics: []string{t}})})
			}
		}),
		"DELETE /api/v1/tenants/{t}/destinations/{id}": bearer(key, func(c call) {
			s.remove(c, c.r.PathValue("id"), 200, map[string]bool{"success": true})
		}),
		"POST /api/v1/publish": bearer(key, func(c call) {
			var b struct {
				ID       string
				Tenant   string `json:"tenant_id"`
				Topic    string
				Retry    bool `json:"eligible_for_retry"`
				Metadata map[string]string
				Data     json.RawMessage
			}
			if c.body(&b) && !c.told(b.Data) {
				s.deliver(b.ID, b.Tenant, b.Data)
				c.answer(202, map[string]any{"id": b.ID, "duplicate": false, "destination_ids": []string{}})
			}
		}),
		"GET /api/v1/attempts": bearer(key, func(c call) {
			models := []any{}
			for _, id := range s.attempts(c.r.URL.Query().Get("event_id")) {
				models = append(models, map[string]string{"destination_id": id, "status": "success"})
			}
			c.answer(200, map[string]any{"models": models})
		}),
	})
}

func runWebhookX(args []string) int {
	need("WEBHOOKX_DATABASE_HOST", "127.0.0.1")
	need("WEBHOOKX_REDIS_PORT", "*")
	need("WEBHOOKX_PROXY_QUEUE_REDIS_PORT", os.Getenv("WEBHOOKX_REDIS_PORT"))
	need("WEBHOOKX_WORKER_DELIVERER_ACL_DENY", "")
	if args[0] == "db" {
		return 0
	}
	s := &stub{}
	return runStub(os.Getenv("WEBHOOKX_ADMIN_LISTEN"), s, map[string]http.HandlerFunc{
		"POST /workspaces/default/endpoints": anyone(func(c call) {
			var b struct {
				Name    string
				Request struct {
					URL, Method string
					Timeout     int
				}
				Retry struct {
					Strategy string
					Config   struct{ Attempts []int }
				}
				Events []string
			}
			switch {
			case !c.body(&b):
			case fmt.Sprint(b.Retry.Config.Attempts, b.Request.Timeout) != "[0 1 60] 1000":
				c.answer(400, map[string]string{"message": fmt.Sprintf("%+v", b)})
			default:
				c.answer(201, map[string]string{"id": s.add(stubEndpoint{url: b.Request.URL, topics: b.Events})})
			}
		}),
		"DELETE /workspaces/default/endpoints/{id}": anyone(func(c call) {
			s.remove(c, c.r.PathValue("id"), 204, nil)
		}),
		"POST /workspaces/default/events": anyone(func(c call) {
			var b struct {
				Type   string `json:"event_type"`
				Unique string `json:"unique_id"`
				Data   json.RawMessage
			}
			if c.body(&b) && !c.told(b.Data) {
				s.deliver("ev1", b.Type, b.Data)
				c.answer(201, map[string]string{"id": "ev1"})
			}
		}),
		"GET /workspaces/default/attempts": anyone(func(c call) {
			data := []any{}
			for _, id := range s.attempts(c.r.URL.Query().Get("event_id")) {
				// The latest comes first.
				data = append(data, map[string]string{"endpoint_id": id, "status": "SUCCESSFUL"}, map[string]string{"endpoint_id": id, "status": "FAILED"})
			}
			c.answer(200, map[string]any{"data": data, "total": len(data)})
		}),
	})
}
