package acl

// Error says why a rule is refused, in the words of Redis.
type Error string

func (e Error) Error() string { return string(e) }

const (
	errNoSuchName = Error("Unknown command or category name in ACL")
	errRuleSyntax = Error("Syntax error")
	errAllKeys    = Error("Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. " +
		"Try 'resetkeys' to start with an empty list of patterns")
	errAllChannels = Error("Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. " +
		"Try 'resetchannels' to start with an empty list of channels")
	errNoPassword    = Error("The password you are trying to remove from the user does not exist")
	errPasswordHash  = Error("The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters")
	errSubcommandArg = Error("Allowing first-arg of a subcommand is not supported")
)

// RuleError says which rule is refused.
type RuleError struct {
	Rule   string
	Reason Error
}

func (e *RuleError) Error() string { return "rule '" + e.Rule + "': " + e.Reason.Error() }

// NamesNothing reports whether the rule is refused for a command or category that there is not.
func (e *RuleError) NamesNothing() bool { return e.Reason == errNoSuchName }

// ParenthesisError is the rule that opens a selector which nothing closes.
type ParenthesisError string

func (e ParenthesisError) Error() string {
	return "Unmatched parenthesis in acl selector starting at '" + string(e) + "'."
}
