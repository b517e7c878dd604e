-- escape: stack_pattern_star_million
-- expect: any
return pcall(string.match, string.rep('a', 60000), '(.*)(.*)(.*)$')
