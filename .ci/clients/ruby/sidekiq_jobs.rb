# The jobs of sidekiq_check.rb, which both the check and Sidekiq's process load.
require "sidekiq"

Redis.silence_deprecations = true
Redis.sadd_returns_boolean = false

Sidekiq.options[:poll_interval_average] = 0.2
options = { url: ENV.fetch("APP_REDIS") }
Sidekiq.configure_server { |config| config.redis = options }
Sidekiq.configure_client { |config| config.redis = options }

NOTES = Redis.new(url: ENV.fetch("APP_REDIS") + "/2")

class Note
  include Sidekiq::Job

  def perform(name)
    NOTES.rpush("noted", name)
  end
end

class Add
  include Sidekiq::Job

  def perform(x, y)
    NOTES.hset("sums", "#{x}+#{y}", x + y)
  end
end

class Flaky
  include Sidekiq::Job
  sidekiq_options retry: 5

  def perform
    raise "not yet" if NOTES.incr("tries") < 3
  end
end

class Hopeless
  include Sidekiq::Job
  sidekiq_options retry: 0

  def perform
    raise "no use" unless NOTES.exists?("mercy")
  end
end

# Gated runs until the file of APP_GATE is there. That it has begun, it says by a file too: when the server may be killed, it waits for no reply.
class Gated
  include Sidekiq::Job

  def perform(n)
    File.write("#{ENV.fetch("APP_GATE")}.#{n}", "")
    sleep 0.02 until File.exist?(ENV.fetch("APP_GATE"))
    NOTES.with_reconnect { NOTES.sadd("done", n) }
  end
end
