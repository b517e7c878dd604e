-- escape: stack_pattern_parens
-- expect: any
return pcall(string.find, 'a', string.rep('(', 30) .. string.rep('a?', 400) .. string.rep(')', 30))
