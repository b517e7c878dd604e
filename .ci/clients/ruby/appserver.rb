# What the checks of applications share: a server of their own that can be killed, and waiting.
require "fileutils"
require "minitest/autorun"
require "redis"
require "socket"
require "tmpdir"

Redis.silence_deprecations = true
Redis.sadd_returns_boolean = false

# The server that CLIENTS_COMET names, or without that a real Redis that forgets nothing either.
class AppServer
  attr_reader :url, :client, :dir

  def initialize
    @port = free_port
    @dir = Dir.mktmpdir("apps-")
    @url = "redis://127.0.0.1:#{@port}"
    @client = Redis.new(url: @url, reconnect_attempts: 0)
    start
  end

  # free_port is a port that nobody has. It stays so while the server is away: it is below those that the kernel gives to whoever connects.
  def free_port
    TCPServer.open("127.0.0.1", rand(20_000...32_000)) { |probe| probe.addr[1] }
  rescue Errno::EADDRINUSE
    retry
  end

  def start
    command = %w[redis-server --appendonly yes --appendfsync always --save] + [""]
    command = [ENV["CLIENTS_COMET"], "--loglevel", "warning"] if ENV["CLIENTS_COMET"].to_s != ""
    data = File.join(@dir, "data")
    FileUtils.mkdir_p(data)
    @process = spawn(*command, "--port", @port.to_s, "--bind", "127.0.0.1", "--dir", data, in: File::NULL, out: File::NULL)
    Wait.until("the server answers") do
      @client.ping
    rescue Redis::BaseConnectionError, Redis::CommandError => e
      raise unless e.is_a?(Redis::BaseConnectionError) || e.message.start_with?("LOADING")
      raise "the server has ended" if Process.waitpid(@process, Process::WNOHANG)
    end
  end

  def kill
    Process.kill(:KILL, @process)
    Process.wait(@process)
  end

  # restart is what follows kill -9.
  def restart
    kill
    start
  end

  def close
    kill
    FileUtils.rm_rf(@dir)
  end
end

module Wait
  # until waits until the block is true, and returns what it returned.
  def self.until(what, seconds = 60)
    limit = Process.clock_gettime(Process::CLOCK_MONOTONIC) + seconds
    loop do
      got = yield
      return got if got
      raise "not within #{seconds} s: #{what}" if Process.clock_gettime(Process::CLOCK_MONOTONIC) > limit
      sleep 0.02
    end
  end
end
