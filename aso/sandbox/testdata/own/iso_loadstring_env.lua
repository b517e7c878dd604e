-- escape: iso_loadstring_env
-- expect: any
if loadstring then error('ESCAPED loadstring') end if load then error('ESCAPED load') end
