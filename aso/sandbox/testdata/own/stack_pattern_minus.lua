-- escape: stack_pattern_minus
-- expect: any
return pcall(string.match, string.rep('a', 60000), '^' .. string.rep('.-', 100) .. 'b')
