// Calls told from Go, with its standard library alone. Start `windvane up` first, then: go run main.go
//
// Record is plain JSON, Trace is OTLP/JSON. Both keep what is told in memory until the gateway has it, send it in
// batches from a goroutine, and come back when they are asked to. Neither blocks nor fails the app.
package main

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

func env(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

func id(bytes int) string {
	random := make([]byte, bytes)
	rand.Read(random)
	return hex.EncodeToString(random)
}

// Sender sends to one path. Dropped counts what was told in vain.
type Sender struct {
	url     string
	wrap    func([]any) any
	told    chan any
	done    chan struct{}
	client  http.Client
	Dropped atomic.Int64
}

func NewSender(path string, wrap func([]any) any) *Sender {
	sender := &Sender{
		url: env("WINDVANE_ENDPOINT", "http://127.0.0.1:7070") + path, wrap: wrap,
		told: make(chan any, 10_000), done: make(chan struct{}), client: http.Client{Timeout: 10 * time.Second},
	}
	go sender.run()
	return sender
}

// Tell hands one item over; it never blocks. What is told while 10,000 wait is dropped, and counted.
func (s *Sender) Tell(item any) {
	select {
	case s.told <- item:
	default:
		s.Dropped.Add(1)
	}
}

// Close sends what waits.
func (s *Sender) Close() {
	close(s.told)
	<-s.done
}

func (s *Sender) run() {
	defer close(s.done)
	for item := range s.told {
		batch := []any{item}
		for timer := time.After(200 * time.Millisecond); timer != nil && len(batch) < 500; {
			select {
			case next, open := <-s.told:
				if !open {
					timer = nil
				} else {
					batch = append(batch, next)
				}
			case <-timer:
				timer = nil
			}
		}
		s.send(batch)
	}
}

func (s *Sender) send(batch []any) {
	body, err := json.Marshal(s.wrap(batch))
	once := id(16) // sent again, it still counts once
	for attempt := 0; err == nil && attempt < 6; attempt++ {
		wait := time.Duration(250<<attempt) * time.Millisecond
		request, _ := http.NewRequest("POST", s.url, bytes.NewReader(body))
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Idempotency-Key", once)
		if key := os.Getenv("WINDVANE_KEY"); key != "" {
			request.Header.Set("Authorization", "Bearer "+key)
		}
		if answer, failed := s.client.Do(request); failed == nil {
			told, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<16))
			answer.Body.Close()
			switch answer.StatusCode {
			case 200:
				fmt.Println(request.URL.Path, answer.StatusCode, string(told))
				return
			case 429, 502, 503, 504:
				if seconds, bad := strconv.Atoi(answer.Header.Get("Retry-After")); bad == nil {
					wait = time.Duration(seconds) * time.Second
				}
			default:
				fmt.Fprintln(os.Stderr, request.URL.Path, answer.StatusCode, string(told))
				s.Dropped.Add(int64(len(batch)))
				return
			}
		}
		time.Sleep(wait)
	}
	s.Dropped.Add(int64(len(batch)))
}

type m map[string]any

func value(said any) m {
	switch said := said.(type) {
	case int:
		return m{"intValue": strconv.Itoa(said)}
	case float64:
		return m{"doubleValue": said}
	default:
		return m{"stringValue": fmt.Sprint(said)}
	}
}

func attributes(said m) []m {
	pairs := []m{}
	for name, each := range said {
		pairs = append(pairs, m{"key": name, "value": value(each)})
	}
	return pairs
}

func message(role, content string) string {
	text, _ := json.Marshal([]m{{"role": role, "parts": []m{{"type": "text", "content": content}}}})
	return string(text)
}

var events = NewSender("/v1/events", func(batch []any) any { return batch })
var spans = NewSender("/v1/traces", func(batch []any) any {
	resource := m{"attributes": attributes(m{"service.name": "go"})}
	return m{"resourceSpans": []m{{"resource": resource, "scopeSpans": []m{{"spans": batch}}}}}
})

// An Answer of a model.
type Answer struct {
	Text          string
	Input, Output int
}

// Record makes a call and tells of it as plain JSON; what it returns goes on to the app.
func Record(model, prompt string, call func(string) (Answer, error)) (Answer, error) {
	begun := time.Now()
	answer, err := call(prompt)
	told := m{"service": "go", "provider": "openai", "operation": "chat", "model": model, "prompt": prompt,
		"time": time.Now().UnixMicro(), "latency": time.Since(begun).Seconds(), "id": id(16)}
	if err != nil {
		told["error"], told["error.message"] = fmt.Sprintf("%T", err), err.Error()
	} else {
		told["response"], told["input_tokens"], told["output_tokens"] = answer.Text, answer.Input, answer.Output
	}
	events.Tell(told)
	return answer, err
}

// Trace does the same as a span of OpenTelemetry.
func Trace(model, prompt string, call func(string) (Answer, error)) (Answer, error) {
	begun := time.Now()
	answer, err := call(prompt)
	said := m{"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": model,
		"gen_ai.input.messages": message("user", prompt)}
	status := m{}
	if err != nil {
		said["error.type"], status = fmt.Sprintf("%T", err), m{"code": 2, "message": err.Error()}
	} else {
		said["gen_ai.output.messages"] = message("assistant", answer.Text)
		said["gen_ai.usage.input_tokens"], said["gen_ai.usage.output_tokens"] = answer.Input, answer.Output
	}
	spans.Tell(m{"traceId": id(16), "spanId": id(8), "name": "chat " + model, "kind": 3,
		"startTimeUnixNano": strconv.FormatInt(begun.UnixNano(), 10),
		"endTimeUnixNano":   strconv.FormatInt(begun.Add(time.Since(begun)).UnixNano(), 10),
		"attributes":        attributes(said), "status": status})
	return answer, err
}

func main() {
	// A model that is not called here, and an app that asks it.
	model := func(prompt string) (Answer, error) {
		time.Sleep(50 * time.Millisecond)
		if strings.Contains(prompt, "8") {
			return Answer{}, errors.New("slow down")
		}
		return Answer{"In Lisbon.", 12, 4}, nil
	}
	for _, told := range []func(string, string, func(string) (Answer, error)) (Answer, error){Record, Trace} {
		for _, prompt := range []string{"Where is parcel 7?", "Where is parcel 8?"} {
			if _, err := told("small-1", prompt, model); err != nil {
				fmt.Println("the app sees:", err)
			}
		}
	}
	events.Close()
	spans.Close()
}
