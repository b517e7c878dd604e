<?php
// PHP: sessions of the extension redis and of Predis, and Laravel's cache, locks, limiters and queue with both clients.
require_once 'Predis/autoload.php';
require_once 'Illuminate/Redis/autoload.php';
require_once 'Illuminate/Cache/autoload.php';
require_once 'Illuminate/Queue/autoload.php';

use Illuminate\Cache\RedisStore;
use Illuminate\Cache\Repository;
use Illuminate\Container\Container;
use Illuminate\Queue\RedisQueue;
use Illuminate\Redis\RedisManager;

error_reporting(E_ALL & ~E_DEPRECATED);

// same ends the check if the values differ.
function same($want, $got) {
    if ($want !== $got) throw new Exception('got ' . var_export($got, true) . ', want ' . var_export($want, true));
}

// eventually waits until $check is true, and returns what it returned.
function eventually(string $what, callable $check, int $seconds = 60) {
    for ($until = microtime(true) + $seconds; ; usleep(20_000)) {
        if ($got = $check()) return $got;
        if (microtime(true) > $until) throw new Exception("after $seconds s: $what");
    }
}

// Server is the one that CLIENTS_COMET names, or without that a real Redis that forgets nothing either.
class Server {
    public int $port;
    private string $dir;
    private $process;

    function __construct() {
        // The port stays free while the server is away: it is below those that the kernel gives to whoever connects.
        do $probe = @stream_socket_server('tcp://127.0.0.1:' . ($this->port = random_int(20_000, 31_999)));
        while (!$probe);
        fclose($probe);
        $this->dir = trim(shell_exec('mktemp -d'));
        $this->start();
    }

    private function start() {
        $comet = getenv('CLIENTS_COMET');
        $command = $comet ? [$comet, '--loglevel', 'warning'] : ['redis-server', '--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];
        $none = ['file', '/dev/null', 'r+'];
        $this->process = proc_open([...$command, '--port', $this->port, '--bind', '127.0.0.1', '--dir', $this->dir], [$none, $none, STDERR], $pipes);
        eventually('the server does not answer', function () {
            try {
                return $this->client()->ping();
            } catch (RedisException) {
                return false;
            }
        });
    }

    function client(): Redis {
        $client = new Redis();
        $client->connect('127.0.0.1', $this->port);
        return $client;
    }

    private function kill() {
        proc_terminate($this->process, 9);
        proc_close($this->process);
    }

    // restart is what follows kill -9.
    function restart() {
        $this->kill();
        $this->start();
    }

    function end() {
        $this->kill();
        shell_exec('rm -rf ' . escapeshellarg($this->dir));
    }
}

// visit is a request with a session; $page changes it.
function visit(string $id, callable $page) {
    session_id($id);
    same(true, session_start());
    $got = $page();
    session_write_close();
    $_SESSION = [];
    return $got;
}

$count = fn () => $_SESSION['visits'] = ($_SESSION['visits'] ?? 0) + 1;

function sessions(Server $server, callable $count, string $pattern) {
    same([1, 2], [visit('ann', $count), visit('ann', $count)]);
    same(1, visit('bob', $count));
    $client = $server->client();
    [$key] = $client->keys($pattern);
    same(true, $client->ttl($key) > 490 && $client->ttl($key) <= 500);
}

$checks['sessions of the extension'] = function (Server $server) use ($count) {
    ini_set('session.save_handler', 'redis');
    ini_set('session.save_path', "tcp://127.0.0.1:{$server->port}?prefix=S:");
    ini_set('session.gc_maxlifetime', '500');
    ini_set('redis.session.locking_enabled', '1');
    ini_set('redis.session.lock_retries', '5');
    ini_set('redis.session.lock_wait_time', '1000');
    sessions($server, $count, 'S:ann');
    $server->restart();
    same(3, visit('ann', $count));
    same([], $server->client()->keys('*_LOCK'));
    $server->client()->set('S:bob_LOCK', 'another request');
    session_id('bob');
    @session_start(); // waits for the lock, and goes on without it
    $_SESSION['visits'] = 'lost';
    @session_write_close(); // writes nothing
    $_SESSION = [];
    $server->client()->del('S:bob_LOCK');
    same(2, visit('bob', $count));
    visit('ann', fn () => session_destroy());
    same(1, visit('ann', $count));
};

$checks['sessions of Predis'] = function (Server $server) use ($count) {
    $handler = new Predis\Session\Handler(new Predis\Client(['port' => $server->port], ['prefix' => 'P:']), ['gc_maxlifetime' => 500]);
    $handler->register();
    sessions($server, $count, 'P:ann');
    visit('ann', fn () => session_destroy());
    same(1, visit('ann', $count));
};

$checks['Predis'] = function (Server $server) {
    $client = new Predis\Client(['port' => $server->port]);
    same(['1', 'b'], $client->pipeline(function ($pipe) { $pipe->set('a', 1); $pipe->set('b', 'b'); $pipe->mget('a', 'b'); })[2]);
    $other = new Predis\Client(['port' => $server->port]);
    $tries = 0;
    $got = $client->transaction(['cas' => true, 'watch' => 'a', 'retry' => 3], function ($tx) use ($other, &$tries) {
        $n = (int) $tx->get('a');
        if (++$tries === 1) $other->incr('a');
        $tx->multi();
        $tx->set('a', $n + 10);
    });
    same([2, '12'], [$tries, $client->get('a')]);
    $client->zadd('z', ['x' => 1, 'y' => 2.5]);
    same(['x' => '1', 'y' => '2.5'], $client->zrange('z', 0, -1, 'WITHSCORES'));
    $client->sadd('s', range(1, 500));
    same(500, count(array_unique(iterator_to_array(new Predis\Collection\Iterator\SetKey($client, 's'), false))));
    $loop = $client->pubSubLoop(['subscribe' => ['news']]);
    foreach ($loop as $message) {
        if ($message->kind === 'subscribe') $other->publish('news', 'hello');
        if ($message->kind !== 'message') continue;
        same('hello', $message->payload);
        $loop->unsubscribe();
    }
};

// laravel gives a manager of connections, as its service provider makes it.
function laravel(Server $server, string $client): RedisManager {
    $at = ['host' => '127.0.0.1', 'port' => $server->port, 'database' => 0];
    return new RedisManager(new Container(), $client, ['default' => $at, 'options' => ['prefix' => 'laravel:']]);
}

function cache(Server $server, string $client) {
    $redis = laravel($server, $client);
    $store = new RedisStore($redis, 'cache');
    $cache = new Repository($store);
    same([true, false], [$cache->add('once', 1, 100), $cache->add('once', 2, 100)]);
    same('made', $cache->remember('made', 100, fn () => 'made'));
    same('made', $cache->remember('made', 100, fn () => throw new Exception('again')));
    same(true, $server->client()->ttl('laravel:cache:made') > 90);
    $cache->put('n', 5, 100);
    same([7, 4], [(int) $cache->increment('n', 2), (int) $cache->decrement('n', 3)]);
    $cache->putMany(['a' => [1, 'two'], 'b' => 2.5], 100);
    same(['a' => [1, 'two'], 'b' => 2.5, 'c' => null], array_map(fn ($v) => is_string($v) ? (float) $v : $v, $cache->many(['a', 'b', 'c'])));
    $cache->tags(['people', 'authors'])->put('Jane', 'J', 100);
    $cache->tags(['people'])->put('Ann', 'A', 100);
    same(['J', 'A'], [$cache->tags(['people', 'authors'])->get('Jane'), $cache->tags(['people'])->get('Ann')]);
    $cache->tags('authors')->flush();
    same([null, 'A'], [$cache->tags(['people', 'authors'])->get('Jane'), $cache->tags(['people'])->get('Ann')]);
    $lock = $store->lock('job', 100);
    same([true, false], [$lock->get(), $store->lock('job', 100)->get()]);
    same(false, $store->restoreLock('job', 'not the owner')->release());
    same([true, true], [$store->restoreLock('job', $lock->owner())->release(), $store->lock('job', 100)->get()]);
    same('pulled', tap($cache->pull('x', 'pulled'), fn () => $cache->forever('x', 1)));
    $server->restart();
    $redis = laravel($server, $client);
    $cache = new Repository(new RedisStore($redis, 'cache'));
    same([4, 'made', 'A'], [(int) $cache->get('n'), $cache->get('made'), $cache->tags(['people'])->get('Ann')]);
    $passed = $blocked = 0;
    for ($i = 0; $i < 5; $i++) {
        $redis->connection()->throttle('api')->allow(3)->every(100)->block(0)->then(function () use (&$passed) { $passed++; }, function () use (&$blocked) { $blocked++; });
    }
    same([3, 2], [$passed, $blocked]);
    $inside = null;
    $redis->connection()->funnel('slots')->limit(1)->block(0)->then(function () use ($redis, &$inside) {
        $redis->connection()->funnel('slots')->limit(1)->block(0)->then(function () use (&$inside) { $inside = true; }, function () use (&$inside) { $inside = false; });
    });
    same(false, $inside);
    same(true, $redis->connection()->funnel('slots')->limit(1)->block(0)->then(fn () => true));
    $cache->clear();
    same(null, $cache->get('made'));
}

// queue works through jobs by hand, so that each step of the scripts can be seen.
function queue(Server $server, string $client) {
    $queue = function () use ($server, $client) {
        $queue = new RedisQueue(laravel($server, $client), 'default', 'default', 1, null);
        $queue->setContainer(new Container());
        $queue->setConnectionName('redis');
        return $queue;
    };
    $q = $queue();
    for ($n = 0; $n < 20; $n++) $q->push('Job', ['n' => $n]);
    $q->later(1, 'Job', ['n' => 20]);
    $q->later(3600, 'Job', ['n' => 21]);
    same([22, 0], [$q->size(), $q->size('other')]);
    $first = $q->pop();
    same([0, 1], [$first->payload()['data']['n'], $first->attempts()]);
    $first->delete();
    $q->pop()->release(0); // comes again, at the end
    $lost = $q->pop();     // its worker dies; it comes back after a second
    same(2, $lost->payload()['data']['n']);
    $server->restart();
    $q = $queue();
    same(21, $q->size());
    $done = [];
    eventually('not all jobs run', function () use ($q, &$done) {
        while ($job = $q->pop()) {
            $done[$job->payload()['data']['n']] = $job->attempts();
            $job->delete();
        }
        return count($done) === 20;
    });
    same([2, 2, 1, 1], [$done[1], $done[2], $done[3], $done[20]]);
    same(1, $q->size());
    same(1, $q->clear('default'));
}

foreach (['phpredis', 'predis'] as $client) {
    $checks["Laravel's cache by $client"] = fn (Server $server) => cache($server, $client);
    $checks["Laravel's queue by $client"] = fn (Server $server) => queue($server, $client);
}

ob_start(); // sessions begin before any output
$failed = 0;
$server = new Server();
foreach ($checks as $name => $check) {
    try {
        $server->client()->flushAll();
        $check($server);
        echo "ok $name\n";
    } catch (Throwable $e) {
        $failed++;
        echo "FAILED $name: $e\n";
    }
}
$server->end();
ob_end_flush();
exit($failed ? 1 : 0);
