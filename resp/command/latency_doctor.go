package command

import (
	"fmt"
	"strings"
	"time"

	"comet/aso"
)

// latencyDoctor replies with what was slow and what may help, in the words of Redis where it is about the same.
func latencyDoctor(c *Call) error {
	c.Reply.Verbatim("txt", c.Server.latencyReport(time.Now().Unix()))
	return nil
}

func (s *Server) latencyReport(now int64) string {
	events, threshold := s.latency.all(), s.config.LatencyThreshold.Load()
	switch {
	case len(events) == 0 && threshold == 0:
		return "I'm sorry, Dave, I can't do that. Latency monitoring is disabled in this Redis instance. You may use \"CONFIG SET latency-monitor-threshold <milliseconds>.\" " +
			"in order to enable it. If we weren't in a deep space mission I'd suggest to take a look at https://redis.io/topics/latency-monitor.\n"
	case len(events) == 0:
		return "Dave, no latency spike was observed during the lifetime of this Redis instance, not in the slightest bit. I honestly think you ought to sit down calmly, " +
			"take a stress pill, and think things over.\n"
	}
	var b strings.Builder
	b.WriteString("Dave, I have observed latency spikes in this Redis instance. You don't mind talking about it, do you Dave?\n\n")
	advice := map[string]bool{}
	for i := range events {
		e := &events[i]
		average, deviation, period := e.analysis(now)
		fmt.Fprintf(&b, "%d. %s: %d latency spikes (average %dms, mean deviation %dms, period %.2f sec). Worst all time event %dms.\n",
			i+1, e.name, len(e.samples), average, deviation, float64(period)/float64(len(e.samples)), e.longest)
		for _, text := range s.latencyAdvice(e.name, threshold) {
			advice[text] = true
		}
	}
	b.WriteString("\nI have a few advices for you:\n\n")
	for _, text := range latencyAdvices {
		if advice[text] {
			b.WriteString(strings.ReplaceAll(text, "THRESHOLD", fmt.Sprint(threshold*1000)) + "\n")
		}
	}
	return b.String()
}

// analysis returns the average of the samples, the mean deviation from it, and the seconds since the first.
func (e *latencyEvent) analysis(now int64) (average, deviation, period int64) {
	n := int64(len(e.samples))
	for _, sample := range e.samples {
		average += sample.ms
	}
	average /= n
	for _, sample := range e.samples {
		deviation += max(sample.ms-average, average-sample.ms)
	}
	return average, deviation / n, max(now-e.samples[0].at, 1)
}

const (
	adviceSlowlogOn = "- There are latency issues with potentially slow commands you are using. Try to enable the Slow Log Redis feature using the command " +
		"'CONFIG SET slowlog-log-slower-than THRESHOLD'. If the Slow log is disabled Redis is not able to log slow commands execution for you."
	adviceSlowlogLower = "- Your current Slow Log configuration only logs events that are slower than your configured latency monitor threshold. " +
		"Please use 'CONFIG SET slowlog-log-slower-than THRESHOLD'."
	adviceSlowlog = "- Check your Slow Log to understand what are the commands you are running which are too slow to execute. " +
		"Please check https://redis.io/commands/slowlog for more information."
	adviceLarge = "- Deleting, expiring or evicting (because of maxmemory policy) large objects is a blocking operation. If you have very large objects that are often deleted, expired, or evicted, " +
		"try to fragment those objects into multiple smaller objects."
	adviceScheduler = "- The system is slow to execute code paths not containing system calls. This usually means the system does not provide CPU time to run for long periods. " +
		"You should try to:\n  1) Lower the system load.\n  2) Use a computer / VM just for this server if you are running other software in the same system.\n" +
		"  3) Check if you have a \"noisy neighbour\" problem.\n  4) Check with 'redis-cli --intrinsic-latency 100' what is the intrinsic latency in your system."
	adviceDisk = "- It is strongly advised to use local disks for persistence. Remote disks provided by platform-as-a-service providers are known to be slow."
	adviceSSD  = "- Try to lower the disk contention. This is often caused by other disk intensive processes running in the same computer."
	adviceSync = "- Your fsync policy is set to 'always'. It is very hard to get good performances with such a setup, if possible try to relax the fsync policy to 'everysec'."
)

// latencyAdvices are all of them, in the order in which they are given.
var latencyAdvices = []string{adviceSlowlogOn, adviceSlowlogLower, adviceSlowlog, adviceScheduler, adviceDisk, adviceSSD, adviceSync, adviceLarge}

// latencyAdvice returns what may help against an event.
func (s *Server) latencyAdvice(event string, threshold int64) []string {
	switch event {
	case slowFastCommand:
		return []string{adviceScheduler}
	case aso.ExpireCycle, aso.ExpireOne, aso.EvictionCycle, aso.EvictOne:
		return []string{adviceLarge}
	case slowWrite:
		return []string{adviceDisk, adviceSSD}
	case slowFsync:
		return []string{adviceDisk, adviceSSD, adviceSync}
	}
	slower := s.config.SlowlogSlowerThan.Load()
	switch {
	case slower < 0 || s.config.SlowlogMaxLen.Load() == 0:
		return []string{adviceSlowlogOn, adviceSlowlog}
	case slower/1000 > threshold:
		return []string{adviceSlowlogLower, adviceSlowlog}
	}
	return []string{adviceSlowlog}
}
