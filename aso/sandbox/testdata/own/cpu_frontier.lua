-- escape: cpu_frontier
-- expect: any
return string.find(string.rep('a ', 30000), '%f[%w]%f[%W]x')
