package command

import (
	"strings"

	"comet/aso"
)

const errProtocolType = aso.Error("ERR Wrong protocol type name. Please use one of the following: string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false")

// debugProtocol replies with a value of a type of the protocol, the same as Redis.
func debugProtocol(c *Call) error {
	r := c.Reply
	switch name := strings.ToLower(string(c.Arg(2))); name {
	case "string":
		r.BulkString("Hello World")
	case "integer":
		r.Int(12345)
	case "double":
		r.Double(3.141)
	case "null":
		r.Null()
	case "array":
		r.Array(3)
		for i := range int64(3) {
			r.Int(i)
		}
	case "set":
		r.Set(3)
		for i := range int64(3) {
			r.Int(i)
		}
	case "map":
		r.Map(3)
		for i := range int64(3) {
			r.Int(i)
			r.Bool(i == 1)
		}
	case "attrib":
		if r.Protocol() == 3 {
			r.Raw([]byte("|1\r\n$14\r\nkey-popularity\r\n*2\r\n$7\r\nkey:123\r\n:90\r\n"))
		}
		r.BulkString("Some real reply following the attribute")
	case "push":
		if r.Protocol() == 2 {
			return aso.Error("ERR RESP2 is not supported by this command")
		}
		r.Push(2)
		r.BulkString("server-cpu-usage")
		r.Int(42)
	case "verbatim":
		r.Verbatim("txt", "This is a verbatim\nstring")
	case "bignum":
		r.BigNumber("1234567999999999999999999999999999999")
	case "true", "false":
		r.Bool(name == "true")
	default:
		return errProtocolType
	}
	return nil
}
