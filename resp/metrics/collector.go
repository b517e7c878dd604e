// Package metrics shows the numbers of a server to Prometheus.
package metrics

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"comet/aso"
	"comet/aso/sandbox"
	"comet/resp/command"
)

const prefix = "comet_"

// Handler returns what answers a scrape with the numbers of server, of the Go runtime and of the process.
func Handler(server *command.Server) http.Handler {
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(
		newCollector(server), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
}

// collector reads the numbers of a server at each scrape.
type collector struct {
	server *command.Server
	descs  []*prometheus.Desc // of numbers
}

func newCollector(server *command.Server) *collector {
	c := &collector{server: server}
	for i := range numbers {
		c.descs = append(c.descs, describe(numbers[i].name, numbers[i].help))
	}
	return c
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prefix+name, help, labels, nil)
}

var (
	build = describe("build_info", "1, with the versions.", "version", "redis_version")

	databaseKeys     = describe("db_keys", "Keys of a database.", "db")
	databaseExpiring = describe("db_keys_expiring", "Keys of a database that have a time to live.", "db")

	commandCalls    = describe("commands_total", "Calls of a command.", "cmd")
	commandTime     = describe("commands_duration_seconds_total", "Time that a command took, in all calls.", "cmd")
	commandRejected = describe("commands_rejected_calls_total", "Calls of a command that did not begin.", "cmd")
	commandFailed   = describe("commands_failed_calls_total", "Calls of a command that failed.", "cmd")
	errorReplies    = describe("errors_total", "Replies that were errors, by their first word.", "err")

	handlerLabels  = []string{"handler", "version", "event"}
	handlerRuns    = describe("handler_runs_total", "Runs of a handler, but for those in mode observe.", handlerLabels...)
	handlerDenied  = describe("handler_denied_total", "Runs of a handler that refused the command.", handlerLabels...)
	handlerFailed  = describe("handler_failed_total", "Runs of a handler that ended with an error.", handlerLabels...)
	handlerLimited = describe("handler_limited_total", "Runs of a handler that a limit ended.", handlerLabels...)
	handlerQuota   = describe("handler_quota_total", "Runs of a handler that a budget did not let begin.", handlerLabels...)
	handlerFuel    = describe("handler_fuel_instructions", "Instructions of a run.", handlerLabels...)
	handlerTime    = describe("handler_run_seconds", "Duration of a run, of the first and then of one in 16, or of all where a budget counts time.", handlerLabels...)

	timerLateness = describe("timer_lateness_seconds", "How late timers fire.")
)

// Describe sends nothing: which metrics there are depends on what was called.
func (*collector) Describe(chan<- *prometheus.Desc) {}

// Collect sends all numbers.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	send := func(d *prometheus.Desc, kind prometheus.ValueType, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, kind, value, labels...)
	}
	send(build, prometheus.GaugeValue, 1, command.Version, command.RedisVersion)
	fields := c.server.Numbers()
	for i := range numbers {
		if value, ok := fields[numbers[i].field]; ok {
			send(c.descs[i], numbers[i].kind(), value/numbers[i].per)
		}
	}
	for db, st := range c.server.Keyspace().Stats() {
		send(databaseKeys, prometheus.GaugeValue, float64(st.Keys), strconv.Itoa(db))
		send(databaseExpiring, prometheus.GaugeValue, float64(st.Expires), strconv.Itoa(db))
	}
	for _, st := range c.server.CommandStats() {
		send(commandCalls, prometheus.CounterValue, float64(st.Calls), st.Name)
		send(commandTime, prometheus.CounterValue, st.Time.Seconds(), st.Name)
		send(commandRejected, prometheus.CounterValue, float64(st.Rejected), st.Name)
		send(commandFailed, prometheus.CounterValue, float64(st.Failed), st.Name)
	}
	for word, n := range c.server.ErrorCounts() {
		send(errorReplies, prometheus.CounterValue, float64(n), strings.ToValidUTF8(word, "?"))
	}
	c.collectHandlers(ch)
	ch <- histogram(timerLateness, &c.server.Keyspace().Metrics.Lateness, 1e3)
}

func (c *collector) collectHandlers(ch chan<- prometheus.Metric) {
	for _, code := range c.server.Keyspace().Codes() {
		for h := range sandbox.OnError + 1 {
			st := code.Stats(h)
			if st == nil {
				continue
			}
			labels := []string{code.Program.Name(), code.ID.String(), h.String()}
			count := func(d *prometheus.Desc, n int64) {
				ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
			}
			count(handlerRuns, st.Runs.Load())
			count(handlerDenied, st.Denied.Load())
			count(handlerFailed, st.Failed.Load())
			count(handlerLimited, st.Limited.Load())
			count(handlerQuota, st.Quota.Load())
			ch <- histogram(handlerFuel, &st.FuelSize, 1, labels...)
			ch <- histogram(handlerTime, &st.Micros, 1e6, labels...)
		}
	}
}

// histogram returns h, with every second of its buckets up to 2^23. Of its units there are per in one of the metric.
func histogram(d *prometheus.Desc, h *aso.Histogram, per float64, labels ...string) prometheus.Metric {
	sum, below := h.Below()
	buckets := map[float64]uint64{}
	for i := 1; i < 24; i += 2 {
		buckets[float64(int64(1)<<i-1)/per] = uint64(below[i])
	}
	return prometheus.MustNewConstHistogram(d, uint64(below[len(below)-1]), float64(sum)/per, buckets, labels...)
}

func (n *number) kind() prometheus.ValueType {
	if strings.HasSuffix(n.name, "_total") {
		return prometheus.CounterValue
	}
	return prometheus.GaugeValue
}
