package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"

	"comet/aso"
	"comet/resp/command"
	"comet/resp/replica"
)

const (
	oomScoreFile = "/proc/self/oom_score_adj"
	oomScoreMost = 1000 // of the kernel
	errOOMScore  = aso.Error("Failed to apply new oom_score_adj configuration, check server logs.")
)

// oomScore keeps how soon the kernel kills this process when memory is short: as oom-score-adj says, for a master or a replica.
type oomScore struct {
	config *command.Config
	ks     *aso.Keyspace
	log    *slog.Logger
	turned chan struct{} // the role may be another one

	mu struct { // taken before the locks of the keyspace's master
		sync.Mutex
		base  int  // the score before the first change
		moved bool // it was changed
	}
}

func newOOMScore(config *command.Config, ks *aso.Keyspace, log *slog.Logger) *oomScore {
	return &oomScore{config: config, ks: ks, log: log, turned: make(chan struct{}, 1)}
}

// apply writes the score that holds now.
func (o *oomScore) apply() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	how := o.config.OOMScoreAdj.Load()
	if how == "no" && !o.mu.moved {
		return nil
	}
	if err := o.writeLocked(how); err != nil {
		o.log.Warn("oom-score-adj not applied", "error", err)
		return errOOMScore
	}
	return nil
}

func (o *oomScore) writeLocked(how string) error {
	if !o.mu.moved {
		text, err := os.ReadFile(oomScoreFile)
		if err == nil {
			o.mu.base, err = strconv.Atoi(strings.TrimSpace(string(text)))
		}
		if err != nil {
			return fmt.Errorf("the score at the start: %w", err)
		}
		o.mu.moved = true
	}
	score := 0
	if how != "no" {
		score = int(o.config.OOMScores.Load()[o.role()])
	}
	if how != "absolute" {
		score += o.mu.base
	}
	score = min(max(score, -oomScoreMost), oomScoreMost)
	if err := os.WriteFile(oomScoreFile, []byte(strconv.Itoa(score)), 0); err != nil { // it is there
		return err
	}
	o.mu.moved = how != "no"
	return nil
}

// role is which of oom-score-adj-values holds.
func (o *oomScore) role() int {
	if o.ks.Phase() == aso.Alone {
		return 0
	}
	return 1
}

// run follows changes of the role until ctx ends.
func (o *oomScore) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-o.turned:
			_ = o.apply() // has logged what is wrong
		}
	}
}

// scoredFollower tells an oomScore when the role changes.
type scoredFollower struct {
	*replica.Follower
	score *oomScore
}

// Changed tells both.
func (f scoredFollower) Changed() {
	f.Follower.Changed()
	select {
	case f.score.turned <- struct{}{}:
	default:
	}
}
