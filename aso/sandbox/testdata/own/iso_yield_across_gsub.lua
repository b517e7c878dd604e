-- escape: iso_yield_across_gsub
-- expect: any
if coroutine then error('ESCAPED coroutine') end
