-- escape: stack_pattern_questions
-- expect: any
return pcall(string.find, string.rep('a', 5000), string.rep('a?', 5000))
