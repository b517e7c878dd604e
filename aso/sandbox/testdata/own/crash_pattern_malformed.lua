-- escape: crash_pattern_malformed
-- expect: any
for _, p in ipairs { "%", "[", "[^", "[a-", "[%", "%b", "%bx", "%f", "%f[", "(", ")", "%1", "(()", "(%1)", "[]", "[^]", "[a-]", "[]-a]", "[z-a]", "%g", "^*", "a**", "(a", "a)", "[%a-z]", "[a-%%]", "%0", "%9", "()%1", "\0", "[\0-\255]", "%z" } do pcall(string.find, "abc]-", p) pcall(string.gsub, "abc", p, "%1") pcall(string.match, "", p) for _ in pcall(string.gmatch, "abc", p) and function() end do end end
