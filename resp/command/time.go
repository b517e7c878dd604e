package command

import (
	"strconv"
	"strings"
	"time"
)

var timeCommands = family{
	"time":   {run: timeOfDay, access: accessNone},
	"lolwut": {run: lolwut, access: accessNone},
}

// timeOfDay replies with the Unix time, as seconds and microseconds.
func timeOfDay(c *Call) error {
	now := time.Now()
	c.Reply.Array(2)
	c.Reply.BulkString(strconv.FormatInt(now.Unix(), 10))
	c.Reply.BulkString(strconv.Itoa(now.Nanosecond() / 1000))
	return nil
}

// lolwut replies with a picture and the version.
func lolwut(c *Call) error {
	if len(c.Args) >= 3 && c.Is(1, "VERSION") {
		if _, err := c.Int(2); err != nil {
			return err
		}
	}
	c.Reply.Verbatim("txt", comet()+"\nRedis ver. "+RedisVersion+"\n")
	return nil
}

// comet draws a comet between random stars.
func comet() string {
	const width, height = 64, 12
	var sky [height][width]byte
	for y := range sky {
		for x := range sky[y] {
			sky[y][x] = ' '
			if random.IntN(24) == 0 {
				sky[y][x] = ".'*+"[random.IntN(4)]
			}
		}
	}
	x, y := 8+random.IntN(8), height-3
	for i := range 40 { // the tail becomes wider and thinner
		for spread := range 1 + i/12 {
			if random.IntN(40) >= i {
				sky[max(y-i/5-spread, 0)][x+i] = "=~-."[min(i/10, 3)]
			}
		}
	}
	sky[y][x], sky[y][x-1], sky[y-1][x] = '@', '(', '"'
	var picture strings.Builder
	for y := range sky {
		picture.Write(sky[y][:])
		picture.WriteByte('\n')
	}
	return picture.String()
}
