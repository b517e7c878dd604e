-- escape: mem_deny_big
-- expect: any
return deny(string.rep('x', 60000) .. '\r\nMOVED')
