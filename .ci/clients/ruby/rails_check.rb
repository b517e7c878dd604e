# The caches of Rails (ActiveSupport), redis-store, and sessions of Rack in it.
require_relative "appserver"
require "active_support"
require "active_support/cache"
require "active_support/core_ext/numeric/time"
require "active_support/cache/redis_cache_store"
require "rack"
require "rack/session/redis"
require "redis/store"
require "redis/store/factory"

SERVER = AppServer.new
Minitest.after_run { SERVER.close }

class RailsCache < Minitest::Test
  def setup
    SERVER.client.flushall
    @cache = ActiveSupport::Cache::RedisCacheStore.new(url: SERVER.url, namespace: "app", error_handler: ->(exception:, **) { raise exception }, reconnect_attempts: 1)
  end

  def test_values
    made = 0
    3.times { assert_equal({ list: [1, 2.5, nil] }, @cache.fetch("made", expires_in: 100) { made += 1; { list: [1, 2.5, nil] } }) }
    assert_equal 1, made
    assert_includes 90..100, SERVER.client.ttl("app:made")
    assert @cache.write("once", 1, unless_exist: true)
    refute @cache.write("once", 2, unless_exist: true)
    long = "long " * 10_000
    @cache.write("long", long)
    assert_equal long, @cache.read("long")
    assert_operator SERVER.client.strlen("app:long"), :<, 1000
    assert_nil @cache.read("none")
    assert @cache.exist?("once")
    assert @cache.delete("once")
    refute @cache.exist?("once")
    @cache.write("short", 1, expires_in: 0.05)
    Wait.until("it expires") { @cache.read("short").nil? }
  end

  def test_many
    @cache.write_multi((1..300).to_h { |n| ["key:#{n}", n] }, expires_in: 60)
    assert_equal({ "key:1" => 1, "key:300" => 300 }, @cache.read_multi("key:1", "key:300", "key:301"))
    assert_equal({ "key:1" => 1, "new" => "NEW" }, @cache.fetch_multi("key:1", "new") { |name| name.upcase })
    @cache.delete_matched("key:1*")
    assert_equal 189, SERVER.client.keys("app:key:*").size
    assert_equal 2, @cache.delete_multi(%w[key:2 key:3 key:1])
    other = ActiveSupport::Cache::RedisCacheStore.new(url: SERVER.url, namespace: "other")
    other.write("kept", 1)
    @cache.clear
    assert_equal ["other:kept"], SERVER.client.keys
  end

  def test_counters
    assert_equal 5, @cache.increment("n", 5, expires_in: 100)
    assert_equal 3, @cache.decrement("n", 2)
    assert_equal "3", @cache.read("n", raw: true)
    assert_includes 90..100, SERVER.client.ttl("app:n")
  end

  def test_kill
    @cache.write_multi((1..100).to_h { |n| ["key:#{n}", n] })
    7.times { @cache.increment("n") }
    SERVER.restart
    assert_equal 100, @cache.read_multi(*(1..100).map { |n| "key:#{n}" }).size
    assert_equal 8, @cache.increment("n")
  end
end

class RackSessions < Minitest::Test
  def setup
    SERVER.client.flushall
    pages = lambda do |env|
      session = env["rack.session"]
      session["visits"] = session["visits"].to_i + 1
      session.destroy if env["PATH_INFO"] == "/leave"
      env["rack.session.options"][:renew] = true if env["PATH_INFO"] == "/login"
      [200, {}, [session["visits"].to_s]]
    end
    @web = Rack::MockRequest.new(Rack::Session::Redis.new(pages, redis_server: SERVER.url + "/1/session", expire_after: 500))
  end

  def visit(page, cookie = nil)
    answer = @web.get(page, cookie ? { "HTTP_COOKIE" => cookie } : {})
    [answer.body, answer["Set-Cookie"]&.split(";")&.first || cookie]
  end

  def test_sessions
    visits, cookie = visit("/")
    assert_equal "1", visits
    assert_equal "2", visit("/", cookie).first
    sessions = Redis.new(url: SERVER.url + "/1")
    assert_includes 490..500, sessions.ttl(sessions.keys.first)
    SERVER.restart
    visits, renewed = visit("/login", cookie)
    assert_equal "3", visits
    refute_equal cookie, renewed
    assert_equal "4", visit("/", renewed).first
    assert_equal "1", visit("/", cookie).first
    visit("/leave", renewed)
    assert_equal "1", visit("/", renewed).first
  end

  def test_store
    store = Redis::Store::Factory.create(SERVER.url + "/0/app")
    store.set("a", { n: 1 }, expire_after: 100)
    assert_equal({ n: 1 }, store.get("a"))
    assert_includes 90..100, SERVER.client.ttl("app:a")
    assert store.setnx("b", [1])
    refute store.setnx("b", [2])
    store.setex("c", 10, :sym)
    assert_equal [{ n: 1 }, [1], :sym], store.mget("a", "b", "c")
    assert_equal %w[a b c], store.keys("*").map { |key| key.delete_prefix("app:") }.sort
    store.flushdb
    assert_equal 0, SERVER.client.dbsize
  end
end
