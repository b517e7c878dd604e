package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheServerRunsOnItsProcessors looks at all threads of a server that may run on the first one only.
func TestTheServerRunsOnItsProcessors(t *testing.T) {
	p := startComet(t, "--server_cpulist", "0", "--dir", filepath.Join(t.TempDir(), "data"))
	p.connect().want("PONG", "PING")
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", p.cmd.Process.Pid))
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		status, err := os.ReadFile(file)
		if err == nil && !strings.Contains(string(status), "\nCpus_allowed_list:\t0\n") { // an error: the thread has ended
			t.Errorf("%s is not bound", file)
		}
	}
	if out, code := runComet(t, "--server_cpulist", "1000", "--port", "0"); code == 0 || !strings.Contains(out, "server_cpulist: invalid argument") {
		t.Errorf("a processor that is not there: %d, %s", code, out)
	}
}
