-- escape: parse_goto_into_block
-- expect: error any
goto inside do ::inside:: end
