-- escape: cpu_gsub_anchored_percent
-- expect: any
return string.gsub(string.rep('%', 30000), '%%', '%%%%')
