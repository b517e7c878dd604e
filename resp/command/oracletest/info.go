package oracletest

import "strings"

// Info returns the fields of sections of INFO.
func (r *Runner) Info(sections ...string) (map[string]string, error) {
	f, err := r.admin.call(append([]string{"INFO"}, sections...)...)
	if err != nil {
		return nil, err
	}
	fields := map[string]string{}
	for line := range strings.SplitSeq(f.Text, "\r\n") {
		if name, value, ok := strings.Cut(line, ":"); ok {
			fields[name] = value
		}
	}
	return fields, nil
}
