package main

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

func TestPrometheusFindsTheNumbers(t *testing.T) {
	p := startComet(t, "--comet-metrics-address", "127.0.0.1:0")
	url := regexp.MustCompile(`metrics at (http\S+/metrics);`).FindStringSubmatch(p.ready)
	if url == nil {
		t.Fatalf("%q does not say where", p.ready)
	}
	c := p.connect()
	c.want("OK", "SET", "name", "x")
	c.want("OK", "ASO.SET", "secret", "42", "HANDLER", "std/once")
	c.want("42", "GET", "secret")
	c.want("ERR unknown command 'NONSENSE', with args beginning with: ", "NONSENSE")
	text := get(t, url[1], http.StatusOK)
	for _, line := range []string{
		`comet_connected_clients 1`, `comet_connections_received_total 1`, `comet_db_keys{db="0"} 1`, `comet_commands_total{cmd="set"} 1`, `comet_errors_total{err="ERR"} 1`,
		`comet_aof_enabled 1`,
	} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("%s is missing", line)
		}
	}
	if !regexp.MustCompile(`\ncomet_handler_runs_total\{event="onGet",handler="std/once",version="[0-9a-f]+"\} 1\n`).MatchString(text) {
		t.Error("the run of a handler is missing")
	}
	get(t, strings.TrimSuffix(url[1], "metrics"), http.StatusNotFound)
}

func get(t *testing.T, url string, status int) string {
	t.Helper()
	answer, err := (&http.Client{Timeout: patience}).Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != status {
		t.Fatalf("%s: %s, %v", url, answer.Status, err)
	}
	return string(text)
}
