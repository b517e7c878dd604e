package command_test

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"comet/aso/randtest"
	"comet/resp/command/oracletest"
)

// aclWorld makes random rules and commands.
type aclWorld struct {
	*rand.Rand
	names    []string             // of Redis' commands and subcommands
	commands []oracletest.Command // those of them that both servers have
}

var (
	aclCategoryNames = strings.Fields("keyspace read write set sortedset list hash string bitmap hyperloglog geo stream pubsub admin fast slow " +
		"blocking dangerous connection transaction scripting all nosuch")
	aclPatterns = strings.Fields("a b a* ?x * ** [ab] a\\* key:* \"\"")
	aclWords    = strings.Fields("on off nopass resetpass allkeys resetkeys allchannels resetchannels allcommands nocommands " +
		"skip-sanitize-payload sanitize-payload clearselectors reset nosuch On RESETKEYS \"\"")
	aclRequests = strings.Fields("get,K set,K,v set,K,v,GET mset,K,1,K,2 mget,K,K del,K,K rename,K,K copy,K,K sunionstore,K,K,K zunionstore,K,2,K,K " +
		"zunionstore,K,9,K lmpop,2,K,K,left lmpop,1,K,left blpop,K,K,0 publish,C,m spublish,C,m subscribe,C,C psubscribe,C ssubscribe,C,C unsubscribe,C " +
		"config,get,x config,set,a,b config,resetstat client,list client,kill,x:1 select,0 select,1 ping auth,x hello quit reset multi exec acl,whoami " +
		"acl,list keys,* scan,0 object,encoding,K object,freq,K incr,K append,K,v strlen,K exists,K,K type,K hset,K,f,v hget,K,f zadd,K,1,m lpush,K,v lpop,K " +
		"sadd,K,m smembers,K expire,K,1 ttl,K info flushall save shutdown,nosave debug,sleep,0 sintercard,2,K,K sintercard,5,K lmove,K,K,left,left watch,K " +
		"getex,K getdel,K setex,K,1,v zrangestore,K,K,0,1 smove,K,K,m nosuch,K get")
)

func (w *aclWorld) one(from []string) string { return from[w.IntN(len(from))] }

func (w *aclWorld) hash() string {
	return strings.Repeat(w.one([]string{"0a", "ff", "1"}), w.one2(32, 31))
}

func (w *aclWorld) one2(often, seldom int) int {
	if w.IntN(8) == 0 {
		return seldom
	}
	return often
}

// rule returns a rule, quoted.
func (w *aclWorld) rule() string {
	switch w.IntN(16) {
	case 0:
		return w.one(aclWords)
	case 1:
		return w.one([]string{">", "<"}) + w.one([]string{"p1", "p2", "p3"})
	case 2:
		return w.one([]string{"#", "!"}) + w.hash()
	case 3:
		return "(" + w.selectorRules() + ")"
	case 4:
		return w.one([]string{"(", ")", "(~a", "+get)"})
	}
	return w.selectorRule()
}

func (w *aclWorld) selectorRules() string {
	rules := make([]string, w.IntN(4))
	for i := range rules {
		rules[i] = w.selectorRule()
	}
	return strings.ReplaceAll(strings.Join(rules, " "), `""`, "")
}

func (w *aclWorld) selectorRule() string {
	switch w.IntN(8) {
	case 0:
		return w.one([]string{"~", "%R~", "%W~", "%RW~", "%r~", "%X~"}) + strings.Trim(w.one(aclPatterns), `"`)
	case 1:
		return "&" + strings.Trim(w.one(aclPatterns), `"`)
	case 2, 3, 4:
		return w.one([]string{"+@", "-@"}) + w.one(aclCategoryNames)
	case 5:
		return w.one([]string{"+select|0", "+select|1", "+get|x", "+config|get|x", "-select|0", "+debug|", "+nosuch|x", "+config|nosuch", "+ECHO|hi"})
	default:
		return w.one([]string{"+", "-"}) + w.one(w.names)
	}
}

// anyRequest returns a request with arguments that mostly make no sense, but may be keys.
func (w *aclWorld) anyRequest() string {
	c := w.commands[w.IntN(len(w.commands))]
	words := strings.Split(c.Name, "|")
	for len(words) < max(c.Arity, -c.Arity) || c.Arity < 0 && w.IntN(3) > 0 {
		words = append(words, w.one([]string{"a", "a", "b", "ax", "key:1", "c", `""`, "1", "2", "3", "GET", "get", "STREAMS", "STORE", "COUNT", "0"}))
	}
	return strings.Join(words, " ")
}

func (w *aclWorld) request() string {
	if w.IntN(2) == 0 {
		return w.anyRequest()
	}
	words := strings.Split(w.one(aclRequests), ",")
	for i, word := range words {
		switch word {
		case "K", "C":
			words[i] = w.one([]string{"a", "b", "c", "ax", "a*", "key:1", `""`, "*"})
		}
	}
	return strings.Join(words, " ")
}

// script returns what is done with one user.
func (w *aclWorld) script() string {
	var s strings.Builder
	s.WriteString("# random\n")
	for range 1 + w.IntN(4) {
		s.WriteString("ACL SETUSER u")
		for range 1 + w.IntN(5) {
			rule := w.rule()
			if strings.Contains(rule, " ") || rule == "()" {
				rule = `"` + rule + `"`
			}
			s.WriteString(" " + rule)
		}
		s.WriteString("\nACL GETUSER u\nACL LIST\n")
		for range 10 {
			fmt.Fprintf(&s, "ACL DRYRUN u %s\n", w.request())
		}
		s.WriteString("@a AUTH u " + w.one([]string{"p1", "p2"}) + "\n@a ACL WHOAMI\n")
		s.WriteString("AUTH default any\n")
	}
	return s.String()
}

// TestRandomRulesMeanWhatTheyMeanToRedis gives the same random rules to a real Redis and to our server, and compares how the users look
// and what they may do.
func TestRandomRulesMeanWhatTheyMeanToRedis(t *testing.T) {
	if _, err := exec.LookPath(*binary); err != nil {
		t.Skip("no redis-server")
	}
	seed := randtest.Seed(t)
	w := &aclWorld{Rand: rand.New(rand.NewPCG(seed, 0))}
	isRedis := map[string]bool{}
	for name, c := range redisCommands(t) {
		isRedis[name] = true
		w.names = append(w.names, name)
		for _, sub := range c.Subcommands {
			isRedis[sub.Name] = true
			w.names = append(w.names, sub.Name)
		}
	}
	slices.Sort(w.names)
	addr := startServer(t)
	w.commands = commonCommands(t, addr, isRedis)
	real, ours := newRunner(t, startRedis(t)), newRunner(t, addr)
	for range 150 {
		text := w.script()
		want, got := runText(t, real, text, isRedis), runText(t, ours, text, isRedis)
		for i := range want {
			if want[i] != got[i] {
				t.Fatalf("%s\n got %s\nwant %s", text, got[i], want[i])
			}
		}
	}
}

// commonCommands returns the commands and subcommands of the server at addr that Redis has, too.
func commonCommands(t *testing.T, addr string, isRedis map[string]bool) (common []oracletest.Command) {
	all, err := oracletest.Commands(addr)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		for _, c := range append(c.Subcommands, c) {
			if isRedis[c.Name] {
				common = append(common, c)
			}
		}
	}
	return common
}

func newRunner(t *testing.T, addr string) *oracletest.Runner {
	r, err := oracletest.NewRunner(addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// runText returns the steps of a script with their replies, in which the order of rules is that of the alphabet.
func runText(t *testing.T, r *oracletest.Runner, text string, isRedis map[string]bool) (replies []string) {
	t.Helper()
	script, err := oracletest.Parse("random", text)
	if err != nil {
		t.Fatal(err)
	}
	err = r.Run(script.Sections[0], 2, func(s *oracletest.Step, f oracletest.Frame) {
		sortRules(&f, isRedis)
		replies = append(replies, s.Text+" -> "+f.String())
	})
	if err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	return replies
}

// sortRules brings the rules in f, which Redis shows in an order that changes, into that of the alphabet, and leaves out those of
// commands that Redis does not have.
func sortRules(f *oracletest.Frame, isRedis map[string]bool) {
	for i := range f.Items {
		sortRules(&f.Items[i], isRedis)
	}
	if !strings.Contains(f.Text, "@all") || f.Kind == oracletest.Error {
		return
	}
	var sorted []string
	for _, part := range strings.FieldsFunc(f.Text, func(r rune) bool { return r == '(' || r == ')' }) {
		words := slices.DeleteFunc(strings.Fields(part), func(word string) bool {
			name := strings.TrimLeft(word, "+-")
			first, _, _ := strings.Cut(name, "|")
			return len(name) < len(word) && !strings.HasPrefix(name, "@") && (!isRedis[first] || first == "client" && !isRedis[name]) ||
				strings.HasPrefix(name, "@aso")
		})
		slices.Sort(words)
		sorted = append(sorted, strings.Join(words, " "))
	}
	f.Text = strings.Join(sorted, " | ")
}
