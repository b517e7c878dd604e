package command_test

import "testing"

// TestDebugPackedThreshold has the answers of a Redis 7.0.15.
func TestDebugPackedThreshold(t *testing.T) {
	r := newReplies(t, nil, debugOn...)
	for _, size := range []string{"100", "1kb", "0", "1", "4095mb"} {
		r.want("+OK", "DEBUG QUICKLIST-PACKED-THRESHOLD "+size)
	}
	for _, size := range []string{"5gb", "4gb", "4294967295", "x", "-1"} {
		r.want("-ERR argument must be a memory value bigger than 1 and smaller than 4gb", "DEBUG QUICKLIST-PACKED-THRESHOLD "+size)
	}
	r.want("-ERR unknown subcommand or wrong number of arguments for 'QUICKLIST-PACKED-THRESHOLD'. Try DEBUG HELP.", "DEBUG QUICKLIST-PACKED-THRESHOLD")
}
