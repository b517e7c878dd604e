package clients

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

// asynqServer works on queues until the test ends.
func asynqServer(t *testing.T, at string, queues map[string]int, strict bool, work asynq.HandlerFunc) {
	t.Helper()
	server := asynq.NewServer(asynq.RedisClientOpt{Addr: at}, asynq.Config{
		Concurrency: 1, Queues: queues, StrictPriority: strict, LogLevel: asynq.FatalLevel,
		TaskCheckInterval: 20 * time.Millisecond, DelayedTaskCheckInterval: 50 * time.Millisecond,
		RetryDelayFunc: func(int, error, *asynq.Task) time.Duration { return time.Second },
	})
	must(t, server.Start(work))
	t.Cleanup(server.Shutdown)
}

// eventually waits until check holds.
func eventually(t *testing.T, what string, check func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for until := time.Now().Add(time.Minute); time.Now().Before(until); <-tick.C {
		if check() {
			return
		}
	}
	t.Fatalf("after a minute: %s", what)
}

func TestAsynqQueues(t *testing.T) {
	goRedis(t, 3) // empties the server
	opt := asynq.RedisClientOpt{Addr: addr(t)}
	client, inspector := asynq.NewClient(opt), asynq.NewInspector(opt)
	defer client.Close()
	defer inspector.Close()
	enqueue := func(name string, options ...asynq.Option) *asynq.TaskInfo {
		t.Helper()
		info, err := client.Enqueue(asynq.NewTask(name, []byte(name)), append(options, asynq.Retention(time.Hour))...)
		must(t, err)
		return info
	}
	enqueue("low", asynq.Queue("low"))
	enqueue("high", asynq.Queue("high"))
	enqueue("later", asynq.Queue("high"), asynq.ProcessIn(time.Second))
	enqueue("thrice", asynq.Queue("low"), asynq.MaxRetry(5))
	enqueue("never", asynq.Queue("low"), asynq.MaxRetry(0))
	unique := enqueue("unique", asynq.Queue("low"), asynq.Unique(time.Minute))
	if _, err := client.Enqueue(asynq.NewTask("unique", []byte("unique")), asynq.Queue("low"), asynq.Unique(time.Minute)); !errors.Is(err, asynq.ErrDuplicateTask) {
		t.Errorf("the same task again: %v", err)
	}
	if _, err := client.Enqueue(asynq.NewTask("x", nil), asynq.Queue("low"), asynq.TaskID(unique.ID)); !errors.Is(err, asynq.ErrTaskIDConflict) {
		t.Errorf("the same id again: %v", err)
	}
	info, err := inspector.GetQueueInfo("high")
	must(t, err)
	if info.Pending != 1 || info.Scheduled != 1 {
		t.Errorf("queue high: %d pending, %d scheduled", info.Pending, info.Scheduled)
	}
	var mu sync.Mutex
	var ran []string
	asynqServer(t, addr(t), map[string]int{"high": 2, "low": 1}, true, func(_ context.Context, task *asynq.Task) error {
		mu.Lock()
		defer mu.Unlock()
		ran = append(ran, task.Type())
		n := len(slices.DeleteFunc(slices.Clone(ran), func(name string) bool { return name != "thrice" }))
		if task.Type() == "never" || task.Type() == "thrice" && n < 3 {
			return errors.New("not yet")
		}
		_, err := task.ResultWriter().Write([]byte("done " + task.Type()))
		return err
	})
	eventually(t, "not all tasks are done", func() bool {
		high, err := inspector.GetQueueInfo("high")
		must(t, err)
		low, err := inspector.GetQueueInfo("low")
		must(t, err)
		return high.Completed == 2 && low.Completed == 3 && low.Archived == 1 && low.Retry == 0
	})
	mu.Lock()
	defer mu.Unlock()
	atOnce := slices.DeleteFunc(slices.Clone(ran), func(name string) bool { return name == "later" }) // whose second may be over by now
	if !slices.Equal(atOnce[:2], []string{"high", "low"}) {
		t.Errorf("order %v", ran)
	}
	done, err := inspector.GetTaskInfo("low", unique.ID)
	must(t, err)
	if string(done.Result) != "done unique" {
		t.Errorf("result %q", done.Result)
	}
	archived, err := inspector.ListArchivedTasks("low")
	must(t, err)
	if len(archived) != 1 || archived[0].LastErr != "not yet" {
		t.Errorf("archived: %v", archived)
	}
}

// TestAsynqLosesNothingByKill kills the server while a task runs, and starts it again. No task is being fetched meanwhile: one that the worker does not hear of
// would wait for the end of its lease.
func TestAsynqLosesNothingByKill(t *testing.T) {
	binary := os.Getenv("CLIENTS_COMET")
	if binary == "" {
		t.Skip("CLIENTS_COMET is not set")
	}
	port, dir := freePort(), t.TempDir()
	at := net.JoinHostPort("127.0.0.1", port)
	start := func() *exec.Cmd {
		server := exec.Command(binary, "--port", port, "--bind", "127.0.0.1", "--dir", dir, "--loglevel", "warning")
		must(t, server.Start())
		c := redis.NewClient(&redis.Options{Addr: at})
		defer c.Close()
		eventually(t, "the server does not answer", func() bool { return c.Ping(t.Context()).Err() == nil })
		return server
	}
	server := start()
	kill := func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	}
	t.Cleanup(func() { kill() })
	client := asynq.NewClient(asynq.RedisClientOpt{Addr: at})
	defer client.Close()
	const total = 100
	for i := range total {
		_, err := client.Enqueue(asynq.NewTask(strconv.Itoa(i), nil), asynq.MaxRetry(5), asynq.Retention(time.Hour))
		must(t, err)
	}
	var mu sync.Mutex
	seen := map[string]bool{}
	halt, killed := make(chan struct{}), make(chan struct{})
	asynqServer(t, at, map[string]int{"default": 1}, false, func(_ context.Context, task *asynq.Task) error {
		mu.Lock()
		seen[task.Type()] = true
		halts := len(seen) == total/4
		mu.Unlock()
		if halts {
			close(halt)
			<-killed
		}
		return nil
	})
	<-halt
	kill()
	close(killed)
	server = start()
	inspector := asynq.NewInspector(asynq.RedisClientOpt{Addr: at})
	defer inspector.Close()
	eventually(t, "not all tasks are done", func() bool {
		info, err := inspector.GetQueueInfo("default")
		mu.Lock()
		defer mu.Unlock()
		return err == nil && len(seen) == total && info.Completed+info.Active >= total && info.Pending == 0 && info.Retry == 0
	})
}

// freePort returns a port that nobody has. It stays so while the server is away: it is below those that the kernel gives to whoever connects.
func freePort() string {
	for {
		port := strconv.Itoa(20_000 + rand.IntN(12_000))
		if l, err := net.Listen("tcp", "127.0.0.1:"+port); err == nil {
			_ = l.Close()
			return port
		}
	}
}
