package profile

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
)

// runTroubled is a sender of a few lines that has one trouble.
func runTroubled(trouble, port string) int {
	key := os.Getenv("KEY")
	switch trouble {
	case "silent":
		fmt.Println("waiting, key", key)
		term := make(chan os.Signal, 1)
		signal.Notify(term, syscall.SIGTERM)
		<-term
		return 0
	case "dies":
		fmt.Println("no database, key", key)
		return 3
	}
	var mu sync.Mutex
	var urls []string
	return runStub("127.0.0.1:"+port, &stub{}, map[string]http.HandlerFunc{
		"GET /health": func(w http.ResponseWriter, _ *http.Request) {
			if trouble == "unwell" {
				w.WriteHeader(500)
			}
		},
		"GET /count": func(w http.ResponseWriter, _ *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			fmt.Fprintf(w, `{"pid": %d, "urls": %d}`, os.Getpid(), len(urls))
		},
		"POST /subscribe": func(w http.ResponseWriter, r *http.Request) {
			b, _ := io.ReadAll(r.Body)
			mu.Lock()
			defer mu.Unlock()
			urls = append(urls, string(b))
		},
		"POST /publish": func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			switch trouble {
			case "stubborn":
				signal.Ignore(syscall.SIGTERM)
			case "garbage":
				fmt.Fprintf(w, "<html>key %s</html>", key)
				return
			case "wordless":
				fmt.Fprint(w, "{}")
				return
			case "hangup":
				panic(http.ErrAbortHandler)
			case "refuses":
				w.WriteHeader(403)
				fmt.Fprint(w, "key ", key)
				return
			case "idle":
				body = nil
			case "other":
				body = []byte("hello")
			case "damages":
				body = []byte(strings.Replace(string(body), `"pad":"`, `"pad":"x`, 1))
			}
			mu.Lock()
			defer mu.Unlock()
			for _, url := range urls {
				if body == nil {
					break
				}
				if resp, err := http.Post(url, "application/json", strings.NewReader(string(body))); err == nil {
					resp.Body.Close()
				}
			}
			fmt.Fprint(w, `{"id": "1"}`)
		},
	})
}
