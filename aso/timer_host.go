package aso

import (
	"errors"

	"comet/aso/sandbox"
)

// setTimer is self:timer(name, options).
func (h *host) setTimer(args []sandbox.Value) (sandbox.Value, error) {
	switch {
	case argument(args, 0).Kind != sandbox.String:
		return sandbox.Value{}, badArgument("self:timer", "a name, a string", argument(args, 0))
	case argument(args, 1).Kind != sandbox.Table, len(args) != 2:
		return sandbox.Value{}, badArgument("self:timer", "a name and a table of options", argument(args, 1))
	}
	if h.deleted() {
		return sandbox.Value{}, errDeleted
	}
	h.armed = true
	t := NewTimer(args[0].Str)
	for _, f := range args[1].Tab.Fields {
		if err := t.setField(h.tx.now, f.Key.Str, f.Value); err != nil {
			return sandbox.Value{}, err
		}
	}
	if t.At != 0 {
		t.At = max(t.At, h.tx.now+1) // a timer that arms itself again leaves time for others
	}
	created, err := h.tx.setTimer(h.key, t, TimerAlways, h.limit(sandbox.LimitTimers, h.tx.ks.objectLimits.Load().Timers))
	return sandbox.BoolValue(created == TimerCreated), err
}

// setField sets an option of a timer: those of ASO.TIMER SET, in lower case.
func (t *Timer) setField(now int64, name string, v sandbox.Value) error {
	switch name {
	case "data":
		data, ok := v.AppendText(nil)
		if !ok {
			return badArgument(name, "a string, of a table that of cjson.encode", v)
		}
		t.Data = data
		return nil
	case "cron", "tz":
		return t.setText(name, v)
	case "catchup":
		way, ok := ParseCatchUp(v.Str)
		if !ok || v.Kind != sandbox.String {
			return badArgument(name, `"one", "skip" or "all"`, v)
		}
		t.CatchUp = way
		return nil
	}
	return t.setNumber(now, name, v)
}

func (t *Timer) setText(name string, v sandbox.Value) error {
	if v.Kind != sandbox.String || v.Str == "" {
		return badArgument(name, "a string", v)
	}
	if name == "cron" {
		t.Cron = v.Str
	} else {
		t.Zone = v.Str
	}
	return nil
}

func (t *Timer) setNumber(now int64, name string, v sandbox.Value) error {
	low, limit, field := int64(0), int64(MaxDelay), (*int64)(nil)
	switch name {
	case "in_ms":
		field = &t.At
	case "at":
		limit, field = latest, &t.At
	case "every":
		field = &t.Every
	case "jitter":
		field = &t.Jitter
	case "retry":
		limit, field = MaxRetries, &t.Retries
	case "count":
		low, limit, field = 1, latest, &t.Left // 0 would be no bound
	case "until_ms":
		low, limit, field = 1, latest, &t.Until
	default:
		return errors.New("unknown timer option " + oneLine(name))
	}
	n, ok := v.Int()
	switch {
	case !ok, n < low, n > limit:
		return badArgument(name, wholeNumber(low, limit), v)
	case field == &t.At && t.At != 0:
		return errors.New("in_ms and at exclude each other")
	}
	*field = n
	if name == "in_ms" {
		t.At += now
	}
	return nil
}

// cancelTimer is self:cancel(name).
func (h *host) cancelTimer(args []sandbox.Value) (sandbox.Value, error) {
	if len(args) != 1 || args[0].Kind != sandbox.String {
		return sandbox.Value{}, badArgument("self:cancel", "the name of a timer", argument(args, 0))
	}
	gone, err := h.tx.CancelTimer(h.key, args[0].Str)
	return sandbox.BoolValue(gone), err
}

// timers is self:timers().
func (h *host) timers() (sandbox.Value, error) {
	list, err := h.tx.Timers(h.key)
	items := make([]sandbox.Value, len(list))
	for i := range list {
		items[i] = list[i].Value(h.key)
	}
	return sandbox.ArrayValue(items...), err
}

// Value returns t, a timer of the object at key, as self:timers shows it: what ASO.TIMER LIST shows, but what does not apply is nil.
func (t *Timer) Value(key []byte) sandbox.Value {
	fields := make([]sandbox.Field, 0, 15)
	text := func(name, v string) {
		if v != "" {
			fields = append(fields, sandbox.Field{Key: sandbox.StringValue(name), Value: sandbox.StringValue(v)})
		}
	}
	number := func(name string, n int64) {
		fields = append(fields, sandbox.Field{Key: sandbox.StringValue(name), Value: sandbox.NumberValue(float64(n))})
	}
	positive := func(name string, n int64) {
		if n > 0 {
			number(name, n)
		}
	}
	text("name", t.Name)
	number("at", t.At)
	number("due", t.Due)
	number("every", t.Every)
	text("cron", t.Cron)
	text("tz", t.Zone)
	number("jitter", t.Jitter)
	text("catchup", t.CatchUp.String())
	number("retry", t.Retries)
	positive("count", t.Left)
	positive("until_ms", t.Until)
	number("attempt", t.Attempt)
	text("error", t.Err)
	text("again", t.DeadLetter(key))
	text("data", string(t.Data))
	return sandbox.Value{Kind: sandbox.Table, Tab: &sandbox.Tab{Fields: fields}}
}
