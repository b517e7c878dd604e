package metrics

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"comet/aso"
	"comet/resp/command"
)

var writeDocs = flag.Bool("write-docs", false, "write the table of docs/metrics.md anew")

func newServer(t *testing.T) *command.Server {
	t.Helper()
	config, err := command.NewConfig()
	if err != nil {
		t.Fatal(err)
	}
	s, err := command.NewServer(aso.New(aso.Options{Databases: 2}), command.Options{Config: config})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEveryNumberOfInfoIsAMetricOrLeftOut(t *testing.T) {
	known, names := map[string]bool{}, map[string]bool{}
	for _, n := range numbers {
		if known[n.field] || names[n.name] || left[n.field] {
			t.Errorf("%s, %s: twice", n.field, n.name)
		}
		known[n.field], names[n.name] = true, true
	}
	for field := range newServer(t).Numbers() {
		if !known[field] && !left[field] {
			t.Errorf("%s is neither a metric nor left out", field)
		}
	}
}

func TestNamesFollowPrometheus(t *testing.T) {
	problems, err := testutil.CollectAndLint(newCollector(newServer(t)))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func TestHistogramsHaveCountsAndSums(t *testing.T) {
	s := newServer(t)
	late := &s.Keyspace().Metrics.Lateness
	late.Observe(0)
	late.ObserveTimes(6, 2)
	late.Observe(1 << 30)
	var want strings.Builder
	want.WriteString(`# HELP comet_timer_lateness_seconds How late timers fire.
# TYPE comet_timer_lateness_seconds histogram
comet_timer_lateness_seconds_bucket{le="0.001"} 1
`)
	for _, bound := range []string{"0.007", "0.031", "0.127", "0.511", "2.047", "8.191", "32.767", "131.071", "524.287", "2097.151", "8388.607"} {
		want.WriteString(`comet_timer_lateness_seconds_bucket{le="` + bound + `"} 3` + "\n")
	}
	want.WriteString(`comet_timer_lateness_seconds_bucket{le="+Inf"} 4
comet_timer_lateness_seconds_sum 1.073741836e+06
comet_timer_lateness_seconds_count 4
`)
	if err := testutil.CollectAndCompare(newCollector(s), strings.NewReader(want.String()), "comet_timer_lateness_seconds"); err != nil {
		t.Error(err)
	}
}

// TestMetricsPage compares the table of docs/metrics.md with the metrics that there are.
func TestMetricsPage(t *testing.T) {
	const file, begin = "../../docs/metrics.md", "| metric | kind | meaning |\n|---|---|---|\n"
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, _, ok := strings.Cut(string(page), begin)
	if !ok {
		t.Fatal("no table")
	}
	var want strings.Builder
	want.WriteString(head + begin)
	for i := range numbers {
		n := &numbers[i]
		kind := "gauge"
		if n.kind() == prometheus.CounterValue {
			kind = "counter"
		}
		want.WriteString(fmt.Sprintf("| `%s%s` | %s | %s |\n", prefix, n.name, kind, n.help))
	}
	if *writeDocs {
		if err := os.WriteFile(file, []byte(want.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want.String() != string(page) {
		t.Errorf("%s is out of date: go test ./resp/metrics -write-docs", file)
	}
}
