package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

const tasksFolder = "/proc/self/task"

// bindTo lets all threads of the process run on cpus only. Those to come inherit it from one that is there.
func bindTo(cpus []int) error {
	var set unix.CPUSet
	for _, cpu := range cpus {
		set.Set(cpu)
	}
	bound := map[string]bool{}
	for {
		tasks, err := os.ReadDir(tasksFolder)
		if err != nil {
			return fmt.Errorf("server_cpulist: %w", err)
		}
		before := len(bound)
		for _, task := range tasks {
			if bound[task.Name()] {
				continue
			}
			id, err := strconv.Atoi(task.Name())
			if err == nil {
				err = unix.SchedSetaffinity(id, &set)
			}
			if err != nil && !errors.Is(err, unix.ESRCH) { // that thread has ended
				return fmt.Errorf("server_cpulist: %w", err)
			}
			bound[task.Name()] = true
		}
		if len(bound) == before { // none was begun meanwhile
			return nil
		}
	}
}
