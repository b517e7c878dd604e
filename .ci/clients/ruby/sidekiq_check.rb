# Sidekiq, with the scheduler of its process.
require_relative "appserver"

SERVER = AppServer.new
Minitest.after_run { SERVER.close }
ENV["APP_REDIS"] = SERVER.url
ENV["APP_GATE"] = File.join(SERVER.dir, "gate")

require "sidekiq/api"
require "sidekiq/fetch"
require_relative "sidekiq_jobs"

class SidekiqCheck < Minitest::Test
  def setup
    # What a killed process waited for would be sent to it until the server sees its end.
    Wait.until("a killed process waits no more") { SERVER.client.info("clients")["blocked_clients"] == "0" }
    SERVER.client.flushall
    FileUtils.rm_f(Dir.glob(ENV["APP_GATE"] + "*"))
  end

  def teardown
    return unless @process
    Process.kill(:KILL, @process)
    Process.wait(@process)
    @process = nil
    puts File.read(@log) unless passed?
  end

  def work
    @log = File.join(SERVER.dir, "log")
    jobs = File.join(__dir__, "sidekiq_jobs.rb")
    @process = spawn("sidekiq", "-r", jobs, "-c", "2", "-q", "high", "-q", "default", "-q", "low", in: File::NULL, out: @log, err: @log)
  end

  def noted = NOTES.lrange("noted", 0, -1)

  def test_jobs
    assert_equal 3, %w[low high default].map { |queue| Note.set(queue: queue).perform_async(queue) }.uniq.size
    unwanted = Note.perform_async("unwanted")
    assert Sidekiq::Queue.new("default").find_job(unwanted).delete
    Add.perform_bulk((1..100).map { |n| [n, n] })
    Note.perform_in(1, "soon")
    never = Note.perform_in(3600, "never")
    set = Sidekiq::ScheduledSet.new
    assert_equal [2, 1], [set.size, set.scan("soon").count]
    assert_equal never, set.find_job(never).jid
    Flaky.perform_async
    Hopeless.perform_async
    assert_equal 105, Sidekiq::Stats.new.enqueued
    first = Sidekiq::BasicFetch.new(queues: %w[high default low], strict: true).retrieve_work
    assert_equal "high", first.queue_name
    first.requeue
    work
    Wait.until("100 sums") { NOTES.hlen("sums") == 100 }
    assert_equal "200", NOTES.hget("sums", "100+100")
    Wait.until("all are noted") { noted.sort == %w[default high low soon] }
    retries = Sidekiq::RetrySet.new
    2.times do |n|
      failed = Wait.until("it waits for a retry") { retries.find { |job| job.klass == "Flaky" && job["retry_count"] == n } }
      assert_equal ["RuntimeError", "not yet"], [failed["error_class"], failed["error_message"]]
      failed.reschedule(Time.now)
    end
    Wait.until("the third try") { NOTES.get("tries") == "3" }
    dead = Sidekiq::DeadSet.new
    lost = Wait.until("it is dead") { dead.first }
    assert_equal "Hopeless", lost.klass
    NOTES.set("mercy", 1)
    lost.retry
    Wait.until("nothing is left") { dead.size + retries.size + Sidekiq::Stats.new.enqueued == 0 }
    Wait.until("the process is known") { Sidekiq::ProcessSet.new.size == 1 }
    Wait.until("all is counted") { Sidekiq::Stats.new.then { |stats| [stats.processed, stats.failed] == [109, 3] } }
    assert_equal [never], set.map(&:jid)
    Sidekiq::ProcessSet.new.each(&:stop!)
    Process.wait(@process)
    assert_equal 0, $?.exitstatus
    @process = nil
  end

  # The server is killed while jobs wait and are scheduled, and again while jobs run.
  def test_kill
    Add.perform_bulk((1..50).map { |n| [n, n] })
    later = Note.perform_in(3600, "later")
    SERVER.restart
    assert_equal [50, 1], [Sidekiq::Queue.new.size, Sidekiq::ScheduledSet.new.size]
    work
    Wait.until("50 sums") { NOTES.hlen("sums") == 50 }
    6.times { |n| Gated.perform_async(n) }
    Wait.until("two jobs run") { Dir.glob(ENV["APP_GATE"] + ".*").size == 2 } # nothing is being fetched
    SERVER.restart
    FileUtils.touch(ENV["APP_GATE"])
    Wait.until("all are done") { NOTES.smembers("done").map(&:to_i).sort == (0..5).to_a }
    Sidekiq::ScheduledSet.new.find_job(later).reschedule(Time.now)
    Wait.until("it is noted") { noted == ["later"] }
  end
end
