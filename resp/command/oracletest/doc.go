// Package oracletest replays command scripts on a Redis-compatible server and
// compares every reply, down to its RESP type, with the one that a real Redis
// gave. The scripts are resp/command/testdata/*.txt; the README beside them
// shows how to write one, record it and state a known difference.
//
// # Grammar
//
// A script is a list of lines. An indented line belongs to the reply of the
// step above it and is written by the recorder; all others are written by hand.
//
//	# name                 a section: fresh connections, empty databases, default configuration
//	## text                a comment; blank lines are free
//	SET k "a\x00b"         a command, quoted as in redis-cli, and its reply is read
//	@a SET k v             the same on the connection named a, opened when first used
//	@a& BLPOP k 0          send, go on once the client is blocked (or was answered)
//	@a> CLIENT REPLY OFF   send, there is no reply to wait for
//	@a<                    read one more reply
//	@a<*                   read all replies that are there (the client must not be blocked)
//	@a !raw "*1\r\n$-2\r\n"  send these bytes and read one reply
//	@a !close              close the connection and wait until the server noticed
//	!wait 20ms             let time pass
//	!resp 2|3|both         protocols of this section; the default is both, one after the other
//
// These lines change how the next step's reply is compared:
//
//	!sort [n]              order inside arrays, sets and maps is free; n elements (1) form a group
//	!approx n              numbers may differ by n
//	!ignore                only the type of the reply counts
//	!match regexp          as ignore, and the text must match (Go syntax)
//	!times n               send the command n times with <i> = 1..n, compare the last reply
//	!differs reason        our reply is known to differ; it stands below as "ours:"
//
// Words of a command may hold <x*64> (x 64 times), <now+5>, <nowms-5> (Unix time
// now, in seconds or milliseconds, and an offset), <id:a>, <addr:a> (client id and
// address of connection a) and <i>.
//
// # Replies
//
// One form per RESP type, so that nothing is lost: +status, -error, :integer,
// "bulk" (bytes as in redis-cli), ,double, #t and #f, (big number, =txt:"verbatim",
// $-1, *-1 and _ for the three nulls, *[array], %[map], ~[set], >[push]. A step
// that reads several replies has [them in brackets]; "closed" is the end of the
// connection. A type followed by ? stands for any value of this type. Where RESP2
// and RESP3 differ, the two replies stand after "2:" and "3:".
package oracletest
