-- escape: crash_host_args
-- expect: any
pcall(self.call, self, print) pcall(self.call, self, {}) pcall(self.timer) pcall(log) pcall(log, {}) pcall(keep, 0/0) pcall(keep, -1) pcall(deny, {}) pcall(hash.hmac, 'x', 'y') pcall(hash.equal, 1)
